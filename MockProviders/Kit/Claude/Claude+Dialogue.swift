import JSON

extension Claude {
    /// The messages: checked, counted, and the texts to which the mock answers.
    struct Dialogue {
        private(set) var lastUserText = ""
        /// The last turn is the user's and has no tool results.
        private(set) var endsWithUser = true
        /// The tool results of the last turn.
        private(set) var toolResults: [String] = []
        private(set) var imageCount = 0
        private(set) var citation: Citation?
        private var turns: [Turn] = []
        private var sources = 0
        private var searches = 0

        init(_ messages: JSONView, _ scope: Scope, model: Model, prefix: inout Prefix) throws(Failure) {
            var index = 0
            let count = messages.arrayCount
            if count == 0 { throw .at("messages", "at least one message is required") }
            try messages.forEachElement { (message) throws(Failure) in
                try read(message, index, isLast: index == count - 1, scope, model, &prefix)
                index += 1
            }
            try TurnCheck(turns: turns, isStrict: scope.isStrict).run()
            finish()
        }

        private mutating func finish() {
            guard let last = turns.last else { return }
            if last.role == "user" {
                toolResults = last.results.map(\.text)
                endsWithUser = toolResults.isEmpty
            } else {
                endsWithUser = false
            }
        }

        private mutating func read(
            _ message: JSONView, _ index: Int, isLast: Bool, _ scope: Scope, _ model: Model, _ prefix: inout Prefix
        ) throws(Failure) {
            let path = "messages.\(index)"
            try Shape.message.check(message, path, scope.betas)
            let role = try Self.role(message, path, model)
            if turns.last?.role != role {
                turns.append(Turn(role: role))
            } else if scope.isStrict {
                throw .alternation(role)
            }
            let place = turns.count - 1
            turns[place].message = index
            prefix.frame(3)
            let blocks = try blocks(message["content"], path, role, scope, isLast: isLast)
            for (number, block) in blocks.enumerated() {
                let tokens = scope.prompts.count(block.text, model: model.id) + block.extraTokens
                var hash = block.hash
                hash.mix(role)
                prefix.add(hash.value, tokens: tokens, isCacheable: !block.isThinking, marker: block.marker)
                turns[place].add(block, message["content"]?.isArray == true ? "\(path).content.\(number)" : path)
                imageCount += block.images
                if let source = block.source { cite(source) }
            }
            let texts = blocks.filter { $0.type == "text" }.map(\.text)
            if role == "user", !texts.isEmpty { lastUserText = texts.joined(separator: "\n") }
        }

        private static func role(_ message: JSONView, _ path: String, _ model: Model) throws(Failure) -> String {
            let role = message["role"]?.string ?? ""
            switch role {
            case "user", "assistant": return role
            case "system":
                guard model.isNewest else { throw .systemRole }
                return role
            default: throw .badChoice(path + ".role", ["user", "assistant"])
            }
        }

        private func blocks(
            _ content: JSONView?, _ path: String, _ role: String, _ scope: Scope, isLast: Bool
        ) throws(Failure) -> [Block] {
            var blocks: [Block] = []
            if let whole = content?.string {
                if !whole.isEmpty { blocks = [Block(text: try Block.said(whole))] }
            } else {
                try content?.forEachElement { (item) throws(Failure) in
                    blocks.append(try Block(item, "\(path).content.\(blocks.count)", role: role, scope.betas))
                }
            }
            if blocks.isEmpty, !(isLast && role == "assistant") { throw .at(path, Failure.emptyContent) }
            return blocks
        }

        private mutating func cite(_ source: Citation.Source) {
            if case .search = source.kind {
                citation = citation ?? Citation(source: source, index: searches)
                searches += 1
            } else {
                citation = citation ?? Citation(source: source, index: sources)
                sources += 1
            }
        }

        // MARK: What depends on more than the messages

        /// The assistant's last turn, if the model has to continue it.
        var prefill: Turn? { turns.last?.role == "assistant" ? turns.last : nil }

        /// Checks turns with `thinking.type` `enabled`. A turn with calls that are answered has to begin with its
        /// thinking block.
        func checkThinking() throws(Failure) {
            guard let place = turns.lastIndex(where: { $0.role == "assistant" }) else { return }
            let turn = turns[place]
            let isPrefill = place == turns.count - 1
            let isAnswered = place + 1 < turns.count && !turns[place + 1].results.isEmpty
            guard isPrefill || isAnswered, let first = turn.first else { return }
            if first.type == "thinking" || first.type == "redacted_thinking" { return }
            throw .thinkingFirst(first.path, first.type)
        }
    }

    /// Consecutive messages of one role.
    struct Turn {
        struct Place { let type: String, path: String }
        struct Result { let id: String, path: String, text: String, isInFront: Bool }

        let role: String
        /// The index of the turn's last message.
        var message = 0
        private(set) var first: Place?
        private(set) var calls: [(id: String, path: String)] = []
        private(set) var results: [Result] = []
        private(set) var seals: [(verdict: Seal.Verdict, place: Place)] = []
        private(set) var lastText: String?
        private var sawOther = false

        init(role: String) { self.role = role }

        mutating func add(_ block: Block, _ path: String) {
            let place = Place(type: block.type, path: path)
            first = first ?? place
            lastText = block.type == "text" ? block.text : nil
            if let seal = block.seal { seals.append((seal, place)) }
            switch block.type {
            case "tool_use": calls.append((block.id ?? "", path))
            case "tool_result":
                results.append(Result(id: block.id ?? "", path: path, text: block.text, isInFront: !sawOther))
            default: sawOther = true
            }
        }
    }
}
