import Chat

/// Where a message, or a part of it, stands in the client's request: becomes text only when an error names it.
struct MessagePath: CustomStringConvertible {
    private let message: Int
    private var part: Int?

    /// - Parameter index: among the request's messages.
    init(_ index: Int, of request: ChatRequest) { message = request.clientPlace(of: index) }

    /// One of the message's parts.
    func content(_ index: Int) -> MessagePath {
        var path = self
        path.part = index
        return path
    }

    /// Such as `messages[2].content[0]`.
    var text: String { "messages[\(message)]" + (part.map { ".content[\($0)]" } ?? "") }
    var description: String { text }

    static func + (path: MessagePath, member: String) -> String { path.text + member }
}
