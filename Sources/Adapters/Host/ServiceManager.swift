// What a service tells systemd: that it is ready, how it stands, that it lives, that it ends.
//
// Words of this process -> datagrams to NOTIFY_SOCKET, sd_notify(3). Without that variable nothing
// is sent and nothing else changes.
//
// Invariants: READY is said once before any WATCHDOG; a reload is announced with the monotonic time
// and ended with READY; the status goes out only when it changed and at most once a second, for
// a flood of datagrams stops the service manager of the whole machine.
import CLinux
import CSystemd
import Foundation
import Glibc
import Synchronization

/// What systemd put into the environment of the process; read once, before there are threads.
package struct ServiceEnvironment: Sendable, Equatable {
    package var isNotified = false
    /// Until systemd gives the process up, after the last sign of life; nil: it does not watch.
    package var watchdog: Duration?

    package init() {}

    package init(_ environment: [String: String], pid: Int32 = getpid()) {
        isNotified = environment["NOTIFY_SOCKET"].map { !$0.isEmpty } ?? false
        // The watch is meant for one process only, sd_watchdog_enabled(3).
        let isMeant = environment["WATCHDOG_PID"].map { $0 == "\(pid)" } ?? true
        if isNotified, isMeant, let text = environment["WATCHDOG_USEC"], let time = Int64(text),
            time > 0
        {
            watchdog = .microseconds(time)
        }
    }
}

@Sendable package func notifySystemd(_ datagram: String) { _ = sd_notify(0, datagram) }

package final class ServiceManager: Sendable {
    private struct State {
        var isReady = false
        var isStopping = false
        var told: String?
        var waiting: String?
        var toldAt: SuspendingClock.Instant?
        var extendedAt: SuspendingClock.Instant?
    }

    package let environment: ServiceEnvironment
    private let send: @Sendable (String) -> Void
    private let state = Mutex(State())

    /// - Parameter send: one datagram; by default to the socket that the environment names.
    package init(
        _ environment: ServiceEnvironment,
        send: @escaping @Sendable (String) -> Void = notifySystemd
    ) {
        self.environment = environment
        self.send = { if environment.isNotified { send($0) } }
    }

    package var isReady: Bool { state.withLock { $0.isReady } }
    /// Between READY and STOPPING.
    package var isRunning: Bool { state.withLock { $0.isReady && !$0.isStopping } }

    /// Trading can start; again after a reload.
    package func ready(_ status: String) {
        state.withLock { state in
            guard !state.isStopping else { return }
            state.isReady = true
            note(status, &state, at: .now)
            send("READY=1\nSTATUS=\(oneLine(status))")
        }
    }

    /// The configuration is read again; `ready` ends it, also where it was refused. Nothing before
    /// the service is ready: then it is starting still.
    package func reloading() {
        state.withLock { state in
            guard state.isReady, !state.isStopping else { return }
            var time = timespec()
            clock_gettime(CLOCK_MONOTONIC, &time)
            let microseconds = Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000
            send("RELOADING=1\nMONOTONIC_USEC=\(microseconds)")
        }
    }

    package func stopping() {
        state.withLock { state in
            guard !state.isStopping else { return }
            state.isStopping = true
            send("STOPPING=1\nSTATUS=stopping")
            note("stopping", &state, at: .now)
        }
    }

    /// How it stands, in a line. Sent when it has changed; what changes more often than once a
    /// second waits for `flush`.
    package func status(_ text: String, at now: SuspendingClock.Instant = .now) {
        state.withLock { state in
            guard !state.isStopping else { return }
            state.waiting = text == state.told ? nil : text
            flush(&state, at: now)
        }
    }

    /// Sends a status that had to wait.
    package func flush(at now: SuspendingClock.Instant = .now) {
        state.withLock { flush(&$0, at: now) }
    }

    private func flush(_ state: inout State, at now: SuspendingClock.Instant) {
        guard let text = state.waiting else { return }
        if let last = state.toldAt, now < last + .seconds(1) { return }
        note(text, &state, at: now)
        send("STATUS=\(oneLine(text))")
    }

    private func note(_ text: String, _ state: inout State, at now: SuspendingClock.Instant) {
        (state.told, state.waiting, state.toldAt) = (text, nil, now)
    }

    /// The start, or the end, is making progress and needs this much longer from now. At most once
    /// in five seconds, but for another status.
    package func needs(_ time: Duration, for work: String, at now: SuspendingClock.Instant = .now) {
        state.withLock { state in
            guard !state.isReady || state.isStopping else { return }
            let isRecent = state.extendedAt.map { now < $0 + .seconds(5) } ?? false
            guard !isRecent || (state.told != work && !state.isStopping) else { return }
            state.extendedAt = now
            let assignment = "EXTEND_TIMEOUT_USEC=\(time.components.seconds * 1_000_000)"
            guard !state.isStopping else { return send(assignment) }
            note(work, &state, at: now)
            send("\(assignment)\nSTATUS=\(oneLine(work))")
        }
    }

    /// A sign of life; only from who knows that every part lives.
    package func alive() {
        guard environment.watchdog != nil, isReady else { return }
        send("WATCHDOG=1")
    }

    /// A part does not live: systemd need not wait until its patience ends.
    package func hung() {
        guard environment.watchdog != nil, isReady else { return }
        send("WATCHDOG=trigger")
    }

    /// A newline would begin another assignment.
    private func oneLine(_ text: String) -> String {
        String(text.map { $0.isNewline ? " " : $0 }.prefix(300))
    }
}
