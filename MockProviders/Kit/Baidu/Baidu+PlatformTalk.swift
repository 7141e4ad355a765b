import JSON

extension Baidu.Platform {
    /// The messages, checked. After a leading system message, ERNIE models require the same order as the workshop.
    struct Talk {
        private(set) var tokens = 0
        private(set) var lastUserText = ""
        /// The last message's text, with the system text before it.
        private(set) var last = ""
        private(set) var toolResults: [String] = []
        private(set) var imageCount = 0

        private(set) var system = ""
        /// The roles of the turns, without the system message. The results of parallel calls are one turn.
        private var turns: [String] = []
        private var openCalls: [String] = []

        init() {}

        init(_ messages: JSONView?, _ model: Baidu.Model, _ prompts: PromptMemory) throws(Baidu.Failure) {
            guard let messages, messages.arrayCount > 0 || !messages.isArray else {
                throw .request("invalid_messages", "messages can not be empty")
            }
            guard messages.isArray else { throw .kind("messages", .platform) }
            var index = 0
            try messages.forEachElement { (message) throws(Baidu.Failure) in
                guard message.isObject else { throw .kind("messages", .platform) }
                try read(message, index, model, prompts)
                index += 1
            }
            if turns.isEmpty { throw .request("invalid_messages", "messages can not be empty") }
            last = system + last
            if model.isERNIE { try checkOrder() }
        }

        private func checkOrder() throws(Baidu.Failure) {
            guard turns.count % 2 == 1 else {
                throw .value("the length of messages must be an odd number", .platform)
            }
            for (index, role) in turns.enumerated() {
                let isRight = index % 2 == 1 ? role == "assistant" : role == "user" || (role == "tool" && index > 0)
                if !isRight { throw .request("invalid_messages", "invalid role in message \(index)") }
            }
        }

        private mutating func read(
            _ message: JSONView, _ index: Int, _ model: Baidu.Model, _ prompts: PromptMemory
        ) throws(Baidu.Failure) {
            let role = message["role"]?.string ?? ""
            let isKnown = ["user", "assistant", "tool"].contains(role) || (role == "system" && index == 0)
            guard isKnown else { throw .request("invalid_messages", "invalid role in message \(index)") }
            var text = try content(message["content"], index, role, model)
            if role == "tool" {
                try closeCall(message, index)
                if toolResults.isEmpty { turns.append(role) }
                toolResults.append(text)
            } else {
                toolResults = []
                openCalls = []
                if role == "system" { system = text } else { turns.append(role) }
            }
            if role == "user" { lastUserText = text }
            last = text
            if role == "assistant" { text += try calls(message, index) }
            if text.isEmpty, role != "tool", imageCount == 0 {
                throw .request("invalid_messages", "content can not be empty in message \(index)")
            }
            tokens += prompts.count(text, model: model.id)
        }

        private mutating func closeCall(_ message: JSONView, _ index: Int) throws(Baidu.Failure) {
            guard let id = message["tool_call_id"]?.string, let place = openCalls.firstIndex(of: id) else {
                throw .request("invalid_messages", "invalid tool_call_id in message \(index)")
            }
            openCalls.remove(at: place)
        }

        private mutating func calls(_ message: JSONView, _ index: Int) throws(Baidu.Failure) -> String {
            var text = message["reasoning_content"]?.string ?? ""
            guard let calls = message["tool_calls"], !calls.isNull else { return text }
            try calls.forEachElement { (call) throws(Baidu.Failure) in
                guard let id = call["id"]?.string, let name = call["function"]?["name"]?.string,
                    let arguments = call["function"]?["arguments"]?.string
                else { throw .request("invalid_messages", "invalid tool_calls in message \(index)") }
                text += name + arguments
                openCalls.append(id)
            }
            return text
        }

        private mutating func content(
            _ content: JSONView?, _ index: Int, _ role: String, _ model: Baidu.Model
        ) throws(Baidu.Failure) -> String {
            guard let content, !content.isNull else { return "" }
            if let text = content.string { return text }
            guard content.isArray else { throw .kind("messages", .platform) }
            var whole = ""
            try content.forEachElement { (part) throws(Baidu.Failure) in
                switch part["type"]?.string {
                case "text":
                    guard let text = part["text"]?.string else { throw .kind("messages", .platform) }
                    whole += text
                case "image_url" where role == "user" && model.sees: try readImage(part["image_url"], index)
                default: throw .request("invalid_messages", "invalid content type in message \(index)")
                }
            }
            return whole
        }

        private mutating func readImage(_ image: JSONView?, _ index: Int) throws(Baidu.Failure) {
            let address = image?["url"]?.string ?? ""
            let bad = Baidu.Failure.request("invalid_messages", "invalid image_url in message \(index)")
            if address.hasPrefix("data:") {
                guard address.hasPrefix("data:image/"), let comma = address.firstIndex(of: ","),
                    address[..<comma].hasSuffix(";base64"),
                    let bytes = Base64.decode(address[address.index(after: comma)...]), !bytes.isEmpty
                else { throw bad }
            } else if !address.hasPrefix("http://"), !address.hasPrefix("https://") {
                throw bad
            }
            if address.firstRange(of: "mock-blocked") != nil {
                throw .platform(400, "unsafe_request", "image_url_unsafe", "The image is unsafe")
            }
            imageCount += 1
            tokens += 256
        }
    }
}
