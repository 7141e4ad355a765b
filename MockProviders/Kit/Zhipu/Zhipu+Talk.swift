import JSON

extension Zhipu {
    /// The messages of version 4, checked (spec/wire/zhipu.md §2).
    struct Talk {
        private(set) var tokens = 2
        private(set) var systemText = ""
        private(set) var lastUserText = ""
        /// The texts of the tool messages at the end.
        private(set) var toolResults: [String] = []
        private(set) var imageCount = 0
        /// The beginnings of the conversation up to each message, for the cache.
        private(set) var prefixes: [PromptMemory.Prefix] = []
        private var hash = StableHash()
        private let model: Model
        /// The reasoning of earlier turns stays in the context.
        private let keepsReasoning: Bool

        init(
            _ fields: Fields, _ model: Model, keepsReasoning: Bool, _ prompts: PromptMemory
        ) throws(Failure) {
            self.model = model
            self.keepsReasoning = keepsReasoning
            guard let messages = fields.member("messages") else { throw .missing("messages") }
            guard messages.isArray else { throw .invalid("messages") }
            var roles: Set<String> = []
            hash.mix(model.id)
            try messages.forEachElement { (message) throws(Failure) in
                guard message.isObject, let role = message["role"]?.string else { throw .invalid("messages") }
                roles.insert(role)
                try read(message, role, prompts)
            }
            // A user's or a tool's message is required. The service's refusal does not say so.
            guard roles.contains("user") || roles.contains("tool") else { throw .invalid("messages") }
        }

        private mutating func read(_ message: JSONView, _ role: String, _ prompts: PromptMemory) throws(Failure) {
            guard ["system", "user", "assistant", "tool"].contains(role) else { throw .invalid("messages") }
            let said = try content(message["content"], role)
            var all = said
            if role == "assistant" {
                let calls = try self.calls(message["tool_calls"])
                if said.isEmpty, calls.isEmpty { throw .invalid("messages") }
                all += calls
                if keepsReasoning { all += message["reasoning_content"]?.string ?? "" }
            }
            toolResults = role == "tool" ? toolResults + [said] : []
            if role == "user" { lastUserText = said }
            if role == "system" { systemText += said }
            hash.mix(role)
            hash.mix(all)
            tokens += prompts.count(all, model: model.id) + 3
            prefixes.append(PromptMemory.Prefix(hash: hash.value, tokens: tokens))
        }

        private func calls(_ calls: JSONView?) throws(Failure) -> String {
            var text = ""
            guard let calls, !calls.isNull else { return text }
            guard calls.isArray else { throw .invalid("messages") }
            try calls.forEachElement { (call) throws(Failure) in
                let function = call["function"]
                guard call["id"]?.string != nil, let name = function?["name"]?.string,
                    let arguments = function?["arguments"]?.string
                else { throw .invalid("messages") }
                text += name + arguments
            }
            return text
        }

        // MARK: Content

        private mutating func content(_ content: JSONView?, _ role: String) throws(Failure) -> String {
            guard let content, !content.isNull else {
                if role == "assistant" { return "" }
                throw .invalid("messages")
            }
            if let text = content.string { return text }
            guard content.isArray else { throw .invalid("messages") }
            var whole = ""
            try content.forEachElement { (part) throws(Failure) in
                guard let type = part["type"]?.string else { throw .invalid("messages") }
                switch type {
                case "text":
                    guard let text = part["text"]?.string else { throw .invalid("messages") }
                    whole += text
                case "image_url":
                    guard let address = part["image_url"]?["url"]?.string else { throw .invalid("messages") }
                    try look(at: address)
                case "video_url": try watch(part["video_url"]?["url"]?.string)
                case "file_url": try watch(part["file_url"]?["url"]?.string)
                case "input_audio": try watch(part["input_audio"]?["data"]?.string)
                default: throw .invalid("messages")
                }
            }
            return whole
        }

        private mutating func look(at address: String) throws(Failure) {
            if model.sight == .none { throw .code(1210) }
            if address.firstRange(of: "mock-blocked") != nil { throw .code(1301) }
            let isRemote = address.hasPrefix("http://") || address.hasPrefix("https://")
            if !isRemote {
                var data = Substring(address)
                if address.hasPrefix("data:") {
                    // The older models take only bare base64.
                    guard model.sight == .all, address.hasPrefix("data:image/"), let comma = data.firstIndex(of: ","),
                        data[..<comma].hasSuffix(";base64")
                    else { throw .code(1210) }
                    data = data[data.index(after: comma)...]
                }
                guard let bytes = Base64.decode(data), PictureFormat(bytes).map({ $0 != .gif }) == true else {
                    throw .code(1210)
                }
            }
            imageCount += 1
            tokens += 1_047
            hash.mix(address)
        }

        /// A video, a document or audio. The mock does not read its contents.
        private mutating func watch(_ source: String?) throws(Failure) {
            if model.sight == .none { throw .code(1210) }
            guard let source, !source.isEmpty else { throw .invalid("messages") }
            tokens += 256
            hash.mix(source)
        }
    }
}
