import CLinux
import Glibc

/// A lock with a condition, as `NSCondition`, but what waits with a time limit is not held up or
/// woken early by a step of the clock: pthread_condattr_setclock(3).
package final class MonotonicCondition: @unchecked Sendable {
    // @unchecked: the two are made for use by many threads and stay where they are.
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

    package init() {
        pthread_mutex_init(mutex, nil)
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        pthread_cond_init(condition, &attributes)
        pthread_condattr_destroy(&attributes)
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    package func lock() { pthread_mutex_lock(mutex) }
    package func unlock() { pthread_mutex_unlock(mutex) }
    /// Wakes one that waits.
    package func signal() { pthread_cond_signal(condition) }
    package func broadcast() { pthread_cond_broadcast(condition) }

    /// Gives the lock up until it is woken, perhaps for no reason, or the time is over.
    /// - Parameter seconds: at most a day; what is negative or no number is no time.
    package func wait(seconds: Double) {
        let nanoseconds = seconds > 0 ? Int64(min(seconds, 86_400) * 1e9) : 0
        let end = monotonicNanoseconds() + nanoseconds
        var time = timespec(
            tv_sec: Int(end / 1_000_000_000), tv_nsec: Int(end % 1_000_000_000))
        pthread_cond_timedwait(condition, mutex, &time)
    }
}
