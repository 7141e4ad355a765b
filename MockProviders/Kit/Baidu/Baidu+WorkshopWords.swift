import JSON

/// ERNIE-Function-8K has no `functions`. The SDK writes them into the first message, in a fixed text, and searches the
/// answer for `Action: name` and `Action Input: {…}` (spec/wire/baidu.md §3.5).
extension Baidu.Workshop.Request {
    private static let model = "ernie-func-8k"
    private static let question = "你的问题："
    private static let action = "Action: "

    /// Finds the functions in the first message, and the results that the SDK sends back as the user's text.
    mutating func readFunctionsInWords() {
        guard endpoint.name == Self.model, tools.isEmpty else { return }
        tools = Self.functions(in: talk.first)
        callsInWords = !tools.isEmpty
        guard callsInWords else { return }
        if talk.lastAnswer.hasPrefix(Self.action) {
            talk.toolResults = [talk.last]
        } else if let range = talk.lastUserText.firstRange(of: Self.question) {
            talk.lastUserText = String(talk.lastUserText[range.upperBound...])
        }
    }

    /// A line has the name of a function, and a later line its schema.
    private static func functions(in text: String) -> [Prompt.Tool] {
        var tools: [Prompt.Tool] = []
        var name: String?
        for line in text.split(separator: "\n") {
            if let range = line.firstRange(of: "名称：") {
                name = String(line[range.upperBound...])
            } else if line.hasPrefix("参数："), let known = name {
                let schema = try? JSON.parse(Array(line.dropFirst(3).utf8))
                tools.append(Prompt.Tool(name: known, schema: schema))
                name = nil
            }
        }
        return tools
    }

    /// The call as text. The name is one piece, because the SDK reads the name from the first piece that contains a
    /// part of it.
    static func words(of call: Reply.Call, model: String) -> [Piece] {
        let line = "\(action)\(call.name)\n"
        return [Piece(text: line, tokens: countTokens(line, model: model))]
            + tokenPieces("Action Input: \(call.arguments)", model: model)
    }
}
