/// What the client's thread does.
struct ConnectionLoop {
    let client: MessagingClient

    func run() {}
}
