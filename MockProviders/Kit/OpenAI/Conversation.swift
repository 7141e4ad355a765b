import JSON
import Tokenizer

/// The messages: checked, counted, and the texts to which the mock answers.
struct Conversation {
    private(set) var promptTokens = 0
    private(set) var cachedTokens = 0
    private(set) var systemText = ""
    private(set) var lastUserText = ""
    private(set) var lastRole = ""
    /// The texts of the tool messages at the end.
    private(set) var toolResults: [String] = []
    private(set) var imageCount = 0
    private(set) var mentionsJSON = false

    private var openCalls: [String] = []
    private var answersCalls = false

    init() {}

    init(_ messages: JSONView, model: Model, tools: JSONView?, prompts: PromptMemory) throws(Failure) {
        let overhead = MessageOverhead(model: model.id)
        var prefixes: [PromptMemory.Prefix] = []
        var hash = StableHash()
        hash.mix(model.id)
        if let tools, !tools.isNull {
            let text = JSON(tools).text
            hash.mix(text)
            promptTokens += prompts.count(text, model: model.id)
        }
        var index = 0
        try messages.forEachElement { (message) throws(Failure) in
            guard message.isObject else { throw .wrongType("messages[\(index)]", "an object", message) }
            try read(message, "messages[\(index)]", model, prompts, &hash)
            promptTokens += overhead.message + 1
            if message["name"] != nil { promptTokens += overhead.name }
            hash.mix(lastRole)
            prefixes.append(PromptMemory.Prefix(hash: hash.value, tokens: promptTokens))
            index += 1
        }
        try checkOpenCalls()
        promptTokens += overhead.reply
        if promptTokens >= 1024 { cachedTokens = prompts.cached(prefixes) }
    }

    private mutating func read(
        _ message: JSONView, _ path: String, _ model: Model, _ prompts: PromptMemory, _ hash: inout StableHash
    ) throws(Failure) {
        guard let role = message["role"]?.string else { throw .missing("\(path).role") }
        try checkRole(role, path, model)
        try checkFields(message, path)
        if role == "tool" {
            try answerCall(message, path)
        } else {
            try checkOpenCalls()
            toolResults = []
            answersCalls = false
        }
        lastRole = role
        var text = ""
        var extra = 0
        try readContent(message, role, path, model, &text, &extra)
        if role == "assistant" { try readCalls(message, path, &text) }
        hash.mix(text)
        promptTokens += prompts.count(text, model: model.id) + extra
        switch role {
        case "user": lastUserText = text
        case "system", "developer": systemText += text
        case "tool", "function": toolResults.append(text)
        default: break
        }
        if !mentionsJSON { mentionsJSON = text.lowercased().firstRange(of: "json") != nil }
    }

    private func checkRole(_ role: String, _ path: String, _ model: Model) throws(Failure) {
        let roles = ["system", "assistant", "user", "function", "tool", "developer"]
        guard roles.contains(role) else { throw .badChoice("\(path).role", role, roles) }
        if model.traits.contains(.refusesSystem), role == "system" || role == "developer" {
            throw .invalid(
                "Unsupported value: '\(path).role' does not support '\(role)' with this model.", param: "\(path).role",
                code: "unsupported_value")
        }
    }

    private static let known: Set<String> = [
        "role", "content", "name", "refusal", "audio", "tool_calls", "function_call", "tool_call_id", "annotations",
        "prompt_cache_breakpoint",
    ]

    private func checkFields(_ message: JSONView, _ path: String) throws(Failure) {
        try message.forEachMember { (key, _) throws(Failure) in
            let name = String(decoding: key, as: UTF8.self)
            guard Self.known.contains(name) else {
                throw .invalid(
                    "Unknown parameter: '\(path).\(name)'.", param: "\(path).\(name)", code: "unknown_parameter")
            }
        }
    }

    private mutating func answerCall(_ message: JSONView, _ path: String) throws(Failure) {
        guard let id = message["tool_call_id"]?.string else { throw .missing("\(path).tool_call_id") }
        guard answersCalls else {
            throw .invalid(
                "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with "
                    + "'tool_calls'.", param: "\(path).role")
        }
        guard let index = openCalls.firstIndex(of: id) else {
            throw .invalid(
                "Invalid parameter: 'tool_call_id' of '\(id)' not found in 'tool_calls' of previous message.",
                param: "\(path).tool_call_id")
        }
        openCalls.remove(at: index)
    }

    private func checkOpenCalls() throws(Failure) {
        guard !openCalls.isEmpty else { return }
        throw .invalid(
            "An assistant message with 'tool_calls' must be followed by tool messages responding to each "
                + "'tool_call_id'. The following tool_call_ids did not have response messages: "
                + openCalls.joined(separator: ", "), param: "messages")
    }

    private mutating func readCalls(_ message: JSONView, _ path: String, _ text: inout String) throws(Failure) {
        guard let calls = message["tool_calls"], !calls.isNull else { return }
        guard calls.isArray else { throw .wrongType("\(path).tool_calls", "an array of objects", calls) }
        var ids: [String] = []
        try calls.forEachElement { (call) throws(Failure) in
            let place = "\(path).tool_calls[\(ids.count)]"
            guard let id = call["id"]?.string else { throw .missing("\(place).id") }
            let function = call["function"] ?? call["custom"]
            guard let name = function?["name"]?.string else { throw .missing("\(place).function.name") }
            let input = function?["arguments"] ?? function?["input"]
            guard let input else { throw .missing("\(place).function.arguments") }
            guard let arguments = input.string else {
                throw .wrongType("\(place).function.arguments", "a string", input)
            }
            text += name + arguments
            ids.append(id)
        }
        openCalls = ids
        answersCalls = true
    }

    private mutating func readContent(
        _ message: JSONView, _ role: String, _ path: String, _ model: Model, _ text: inout String, _ extra: inout Int
    ) throws(Failure) {
        let content = message["content"]
        guard let content, !content.isNull else {
            let isOptional = role == "assistant" || role == "function"
            let hasCalls =
                message["tool_calls"] != nil || message["function_call"] != nil || message["refusal"] != nil
                || message["audio"] != nil
            if isOptional, hasCalls || role == "function" { return }
            if content == nil { throw .missing("\(path).content") }
            throw .invalid(
                "Invalid value for 'content': expected a string, got null.", param: "\(path).content")
        }
        if let whole = content.string {
            text = whole
            return
        }
        guard content.isArray else { throw .wrongType("\(path).content", "a string or an array of objects", content) }
        var index = 0
        try content.forEachElement { (part) throws(Failure) in
            let read = try ContentPart(part, "\(path).content[\(index)]", path, role, model)
            text += read.text
            extra += read.tokens
            if read.isImage { imageCount += 1 }
            index += 1
        }
    }
}
