import CLinux
import CSystemd
import Foundation
import Glibc

/// What a signal asks of the daemon.
package enum ServiceSignal: Sendable, Equatable {
    /// SIGHUP: read the configuration again.
    case reload
    /// SIGUSR1 and SIGUSR2: log more, or less.
    case more, less
    /// SIGTERM, or SIGINT from a person, who may ask a second time.
    case stop, interrupt
}

/// The signals of a daemon: blocked before anything else, so that none can end the process however
/// early it comes, and taken by one thread that waits for them.
package enum ServiceSignals {
    private static let all = [SIGHUP, SIGUSR1, SIGUSR2, SIGTERM, SIGINT]

    private static var set: sigset_t {
        var signals = sigset_t()
        sigemptyset(&signals)
        for number in all { sigaddset(&signals, number) }
        return signals
    }

    /// The first statement of the program: threads that are made later inherit it.
    package static func block() {
        var signals = set
        pthread_sigmask(SIG_BLOCK, &signals, nil)
    }

    /// For a program that is no daemon after all.
    package static func unblock() {
        var signals = set
        pthread_sigmask(SIG_UNBLOCK, &signals, nil)
    }

    /// Whether SIGHUP comes when a terminal goes: there is one, and nobody has asked that its end
    /// be ignored, as nohup(1) does.
    package static var belongsToTerminal: Bool {
        var action = sigaction()
        sigaction(SIGHUP, nil, &action)
        let handler = unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self)
        let terminal = open("/dev/tty", O_RDONLY | O_NOCTTY | O_CLOEXEC)
        if terminal >= 0 { close(terminal) }
        return terminal >= 0 && handler != unsafeBitCast(SIG_IGN, to: Int.self)
    }

    /// Starts the thread.
    ///
    /// - Parameters:
    ///   - patience: from the first request to stop until `onStuck`.
    ///   - onSignal: called on the thread.
    package static func watch(
        patience: Duration, onStuck: @escaping @Sendable () -> Void,
        onSignal: @escaping @Sendable (ServiceSignal) -> Void
    ) {
        let thread = Thread {
            var deadline: ContinuousClock.Instant?
            while true {
                let left = deadline.map { max(.zero, ContinuousClock.now.duration(to: $0)) }
                guard let signal = next(within: left) else {
                    if let end = deadline, end <= .now {
                        onStuck()
                        deadline = nil
                    }
                    continue
                }
                if signal == .stop || signal == .interrupt, deadline == nil {
                    deadline = .now + patience
                }
                onSignal(signal)
            }
        }
        thread.name = "signals"
        thread.start()
    }

    /// Nil when the time is over, or another signal was in the way.
    private static func next(within time: Duration?) -> ServiceSignal? {
        let signals = set
        var number: Int32 = 0
        if let time {
            var left = timespec()
            left.tv_sec = Int(time.components.seconds)
            left.tv_nsec = Int(time.components.attoseconds / 1_000_000_000)
            number = withUnsafePointer(to: signals) { sigtimedwait($0, nil, &left) }
        } else {
            number = withUnsafePointer(to: signals) { sigwaitinfo($0, nil) }
        }
        switch number {
        case SIGHUP: return .reload
        case SIGUSR1: return .more
        case SIGUSR2: return .less
        case SIGTERM: return .stop
        case SIGINT: return .interrupt
        default: return nil
        }
    }
}
