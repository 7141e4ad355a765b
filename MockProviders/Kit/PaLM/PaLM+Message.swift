import JSON

/// Chats (spec/wire/palm.md §2).
extension PaLM {
    func generateMessage(_ name: String, _ call: Call, _ place: Place) throws(Failure) -> Answer {
        try check(name, [.chat], "generateMessage", place)
        let body = try Google.body(call, as: Fields.generateMessage, version: place.version)
        var talk = try Talk(body["prompt"] ?? [:]) { prompts.count($0, model: name) }
        let count = try Self.checkSampling(body, "GenerateMessageRequest")
        talk.truncate(to: 4096)
        var prompt = Prompt(model: name, name: name, content: call.ids.content)
        prompt.lastUserText = talk.messages.last?.content ?? ""
        prompt.maxTokens = Self.outputLimit
        var reason = Self.blockReason(in: prompt.lastUserText)
        let replies: [Reply] =
            reason != nil
            ? [] : (0..<count).map { Reply(to: prompt, script: call.script, memory: prompts, variant: $0) }
        if replies.contains(where: { $0.end == .filtered }) { reason = "SAFETY" }
        var object = JSONObject()
        if reason == nil {
            object.append("candidates", .array(replies.map { talk.candidate($0, prompt.lastUserText) }))
        }
        object.append("messages", .array(talk.messages.map(\.json)))
        if let reason {
            object.append("filters", [["reason": Self.choice(reason, of: Fields.reasons, call)]])
        }
        var answer = Google.answer(.object(object), call)
        let completion = reason == nil ? replies.reduce(0) { $0 + $1.tokens } : 0
        answer.served = served(name, call, prompt: talk.tokens, completion: completion)
        return answer
    }

    func countMessageTokens(_ name: String, _ call: Call, _ place: Place) throws(Failure) -> Answer {
        try check(name, [.chat], "countMessageTokens", place)
        let body = try Google.body(call, as: Fields.countMessageTokens, version: place.version)
        let talk = try Talk(body["prompt"] ?? [:]) { prompts.count($0, model: name) }
        return Google.answer(["tokenCount": .int(talk.tokens)], call)
    }

    /// The messages so far, checked. The oldest are dropped if the model's window is too small.
    private struct Talk {
        struct Message {
            let author: String
            let content: String
            let tokens: Int

            var json: JSON { ["author": .string(author), "content": .string(content)] }
        }

        private(set) var messages: [Message] = []
        /// The tokens of the context and the examples, which are never dropped.
        private let kept: Int
        private let modelAuthor: String

        var tokens: Int { kept + messages.reduce(0) { $0 + $1.tokens } }

        init(_ prompt: JSON, count: (String) -> Int) throws(Failure) {
            var head = prompt["context"]?.string ?? ""
            for example in prompt["examples"]?.array ?? [] {
                guard let input = example["input"]?["content"]?.string, !input.isEmpty,
                    let output = example["output"]?["content"]?.string, !output.isEmpty
                else { throw .invalid("Examples should have an input and an output.") }
                head += input + output
            }
            kept = count(head)
            let given = prompt["messages"]?.array ?? []
            if given.isEmpty { throw .noMessages }
            for (index, message) in given.enumerated() {
                let content = message["content"]?.string ?? ""
                if content.isEmpty { throw .invalid("Message content should not be empty.") }
                // Without names the turns alternate, and the last one is the user's.
                let author = message["author"]?.string ?? String((given.count - 1 - index) % 2)
                if author == messages.last?.author { throw .badAuthors }
                messages.append(Message(author: author, content: content, tokens: count(content)))
            }
            let authors = Set(messages.map(\.author))
            let user = messages.last?.author ?? "0"
            if authors.count > 2 || (user == "1" && authors.contains("0")) { throw .badAuthors }
            modelAuthor = authors.first { $0 != user } ?? (user == "1" ? "0" : "1")
        }

        /// Drops the oldest messages. The last one stays.
        mutating func truncate(to limit: Int) {
            while tokens > limit, messages.count > 1 { messages.removeFirst() }
        }

        func candidate(_ reply: Reply, _ question: String) -> JSON {
            let text = reply.text.map(\.text).joined()
            var object: JSONObject = ["author": .string(modelAuthor), "content": .string(text)]
            if question.firstRange(of: "mock-cite") != nil {
                object.append("citationMetadata", PaLM.citation(of: text))
            }
            return .object(object)
        }
    }
}
