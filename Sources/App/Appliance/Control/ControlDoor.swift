import Domain
import Host

/// Opens the control socket in front of an inbox: what comes in is left there for the loop, what
/// does not fit is refused.
package func openControl(
    path: String, inbox: Inbox, heartbeat: Heartbeat? = nil
) throws(ControlError) -> ControlSocket {
    let socket = try ControlSocket(path: path, heartbeat: heartbeat) { request, peer, reply in
        let message = ControlMessage(
            request, by: "ctl:\(peer.user)", isProven: peer.isProven, reply: { reply.give($0) })
        if inbox.post(message) { return }
        let isStopping = inbox.stopRequested
        reply.give(
            ControlAnswer(
                transaction: request.transaction, error: isStopping ? .unavailable : .rateLimited,
                message: isStopping
                    ? "the daemon is stopping" : "too many requests wait; ask again"))
    }
    socket.start()
    return socket
}
