import JSON

extension Ali {
    /// The form of a message's content.
    enum Writing {
        /// Native text: a string, or for newer models a list of texts.
        case plain
        /// Native multimodal: a list of objects with one key each.
        case keyed
        /// OpenAI's form: a string or a list of typed parts.
        case typed
    }

    /// The messages, checked and counted (§2.2).
    struct Talk {
        private(set) var tokens = 0
        private(set) var imageTokens = 0
        private(set) var audioTokens = 0
        private(set) var videoTokens = 0
        private(set) var cached = 0
        private(set) var systemText = ""
        private(set) var lastUserText = ""
        private(set) var toolResults: [String] = []
        private(set) var imageCount = 0
        private(set) var mentionsJSON = false
        private var openCalls: [String] = []
        private var prefixes: [PromptMemory.Prefix] = []
        private var hash = StableHash()

        /// The tokens of the whole prompt.
        var promptTokens: Int { tokens + imageTokens + audioTokens + videoTokens }

        /// A prompt that is one text.
        init(_ text: String, _ model: Model, _ prompts: PromptMemory) {
            lastUserText = text
            mentionsJSON = text.lowercased().firstRange(of: "json") != nil
            tokens = prompts.count(text, model: model.id) + 8
        }

        /// - Parameters:
        ///   - tools: the tools as they were sent. They count as the beginning of the prompt.
        ///   - resolves: the request allows `oss://` addresses.
        init(
            _ messages: JSONView?, _ writing: Writing, _ model: Model, tools: String, resolves: Bool,
            _ prompts: PromptMemory
        ) throws(Failure) {
            guard let messages, messages.isArray else { throw .badRequest }
            guard messages.arrayCount > 0 else { throw .badMessages }
            hash.mix(model.id)
            hash.mix(tools)
            tokens = tools.isEmpty ? 3 : prompts.count(tools, model: model.id) + 3
            var index = 0
            var last: (role: String, isPartial: Bool) = ("", false)
            try messages.forEachElement { (message) throws(Failure) in
                guard message.isObject else { throw .badRequest }
                var reader = Reader(writing: writing, model: model, resolves: resolves)
                let role = try read(message, index, &reader, prompts)
                last = (role, message["partial"]?.bool ?? false)
                index += 1
            }
            if last.role == "system" || (last.role == "assistant" && !last.isPartial) { throw .badMessages }
            cached = prompts.cached(prefixes)
            guard promptTokens <= model.maxInput else {
                throw .parameter("Range of input length should be [1, \(model.maxInput)]")
            }
        }

        private mutating func read(
            _ message: JSONView, _ index: Int, _ reader: inout Reader, _ prompts: PromptMemory
        ) throws(Failure) -> String {
            let role = message["role"]?.string ?? ""
            let isKnown = ["user", "assistant", "tool"].contains(role) || (role == "system" && index == 0)
            guard isKnown else { throw .badMessages }
            try reader.read(message["content"], role)
            var text = reader.text
            let calls = try Self.calls(message)
            if role == "tool" {
                try answer(message)
                toolResults.append(text)
            } else {
                (toolResults, openCalls) = ([], calls.ids)
            }
            let isEmpty = reader.text.isEmpty && !reader.hasMedia
            if isEmpty, role != "assistant" || calls.ids.isEmpty { throw .badMessages }
            if role == "user" { lastUserText = text }
            if role == "system" { systemText = text }
            imageCount += reader.imageCount
            imageTokens += reader.imageTokens
            audioTokens += reader.audioTokens
            videoTokens += reader.videoTokens
            text += calls.text
            if !mentionsJSON { mentionsJSON = text.lowercased().firstRange(of: "json") != nil }
            tokens += prompts.count(text, model: reader.model.id) + reader.documentTokens + 4
            hash.mix(role)
            hash.mix(text)
            hash.mix(reader.addresses)
            prefixes.append(PromptMemory.Prefix(hash: hash.value, tokens: promptTokens))
            return role
        }

        /// Reads a tool's result. It names its call by id or, in the older form, by the tool's name.
        private mutating func answer(_ message: JSONView) throws(Failure) {
            let isNamed = message["name"]?.string?.isEmpty == false
            guard let id = message["tool_call_id"]?.string else {
                if isNamed, !openCalls.isEmpty || !toolResults.isEmpty { return }
                throw .unanswered
            }
            guard let place = openCalls.firstIndex(of: id) else { throw .unanswered }
            openCalls.remove(at: place)
        }

        private static func calls(_ message: JSONView) throws(Failure) -> (ids: [String], text: String) {
            guard let list = message["tool_calls"], !list.isNull else { return ([], "") }
            guard list.isArray else { throw .badRequest }
            var calls: (ids: [String], text: String) = ([], "")
            try list.forEachElement { (call) throws(Failure) in
                let function = call["function"]
                guard let id = call["id"]?.string, let name = function?["name"]?.string,
                    let arguments = function?["arguments"]?.string
                else { throw .badRequest }
                calls.ids.append(id)
                calls.text += name + arguments
            }
            return calls
        }
    }
}

extension Ali.Failure {
    static let unanswered = parameter(
        "messages with role \"tool\" must be a response to a preceeding message with \"tool_calls\".")
}
