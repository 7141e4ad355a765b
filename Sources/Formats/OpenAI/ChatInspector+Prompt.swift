import Chat
import JSON

/// Walks over the prompt. It notes what the prices of tokens depend on, and refuses members that another parser might
/// read differently.
extension ChatInspector {
    private typealias Members = MeteredMembers

    func readMessages(_ root: JSONView, _ envelope: inout ChatEnvelope) throws(RequestError) {
        guard let messages = root["messages"], !messages.isNull else {
            throw RequestError(
                .missingParameter, "Missing required parameter: 'messages'.", parameter: "messages")
        }
        guard messages.isArray else { throw wrongType("messages", "an array of objects", messages) }
        var index = 0
        var parts = 0
        try messages.forEachElement { (message: JSONView) throws(RequestError) in
            guard index < limits.messages else { throw tooMany("messages", limits.messages, "messages") }
            guard message.isObject else { throw wrongType("messages[\(index)]", "an object", message) }
            try readMessage(message, at: { "messages[\(index)]" }, &envelope, &parts)
            index += 1
        }
        if index == 0 {
            throw RequestError(
                .invalidValue, "Invalid 'messages': empty array. Expected at least one message.", parameter: "messages")
        }
    }

    private func readMessage(
        _ message: JSONView, at place: () -> String, _ envelope: inout ChatEnvelope, _ parts: inout Int
    ) throws(RequestError) {
        var census = MemberCensus(Members.Message.names)
        var (role, content, calls, call): (JSONView?, JSONView?, JSONView?, JSONView?)
        var images: JSONView?
        message.forEachMember { key, value in
            switch census.note(key).flatMap(Members.Message.init) {
            case nil: if Self.isLongID(value, of: key) { envelope.hasLongCallIDs = true }
            case .role: role = value
            case .content: content = value
            case .toolCalls: calls = value
            case .functionCall: call = value
            case .images: images = value
            case .audio: envelope.hearsAudio = true
            case .cacheControl, .breakpoint: envelope.writesCache = true
            default: break
            }
        }
        try census.check(at: place())
        guard let role, !role.isNull else {
            throw RequestError(
                .missingParameter, "Missing required parameter: '\(place()).role'.", parameter: "\(place()).role")
        }
        guard role.kind == .string else { throw wrongType("\(place()).role", "a string", role) }
        if let content {
            switch content.kind {
            case .string, .null: break
            case .array: try readParts(content, at: { place() + ".content" }, &envelope, &parts)
            default: throw wrongType("\(place()).content", "a string or an array of parts", content)
            }
        }
        // Pictures that an assistant made; a member of another form is the upstream's affair.
        if let images, images.isArray { try readParts(images, at: { place() + ".images" }, &envelope, &parts) }
        if let calls { try readTools(calls, at: { place() + ".tool_calls" }, &envelope) }
        if let call { try readTool(call, at: { place() + ".function_call" }, &envelope) }
    }

    private static func isLongID(_ value: JSONView, of key: UnsafeRawBufferPointer) -> Bool {
        key.equals("tool_call_id") && value.withUTF8 { $0.count > CallID.most } == true
    }

    private func readParts(
        _ items: JSONView, at place: () -> String, _ envelope: inout ChatEnvelope, _ parts: inout Int
    ) throws(RequestError) {
        var index = 0
        try items.forEachElement { (part: JSONView) throws(RequestError) in
            guard parts < limits.parts else { throw tooMany("parts of messages", limits.parts, place()) }
            parts += 1
            try readPart(part, at: { place() + "[\(index)]" }, &envelope, &parts)
            index += 1
        }
    }

    /// Checks a part, or an object within one.
    private func readPart(
        _ part: JSONView, at place: () -> String, _ envelope: inout ChatEnvelope, _ parts: inout Int
    ) throws(RequestError) {
        guard part.isObject else { return }
        var census = MemberCensus(Members.Part.names)
        var problem: RequestError?
        part.forEachMember { key, value in
            guard problem == nil, let index = census.note(key), let member = Members.Part(rawValue: index) else {
                return
            }
            func within() -> String { place() + "." + Members.Part.names.name(index) }
            switch member {
            case .imageURL: envelope.imageCount += 1
            case .inputAudio, .audioURL, .audio: envelope.hearsAudio = true
            case .cacheControl, .breakpoint: envelope.writesCache = true
            default: break
            }
            do throws(RequestError) {
                switch member {
                case .imageURL, .inputAudio, .audio, .audioURL, .videoURL, .file:
                    try readPart(value, at: within, &envelope, &parts)
                case .content where value.isArray: try readParts(value, at: within, &envelope, &parts)
                default: break
                }
            } catch { problem = error }
        }
        if let problem { throw problem }
        try census.check(at: place())
    }

    func readTools(_ root: JSONView, _ envelope: inout ChatEnvelope) throws(RequestError) {
        let (tools, functions) = (root["tools"], root["functions"])
        let count = (tools?.arrayCount ?? 0) + (functions?.arrayCount ?? 0)
        guard count <= limits.tools else { throw tooMany("tools", limits.tools, "tools") }
        if let tools { try readTools(tools, at: { "tools" }, &envelope) }
        if let functions { try readTools(functions, at: { "functions" }, &envelope) }
    }

    /// Checks tools, or calls of tools.
    private func readTools(
        _ items: JSONView, at place: () -> String, _ envelope: inout ChatEnvelope
    ) throws(RequestError) {
        var index = 0
        try items.forEachElement { (item: JSONView) throws(RequestError) in
            try readTool(item, at: { place() + "[\(index)]" }, &envelope)
            index += 1
        }
    }

    private func readTool(
        _ tool: JSONView, at place: () -> String, _ envelope: inout ChatEnvelope
    ) throws(RequestError) {
        guard tool.isObject else { return }
        var census = MemberCensus(Members.Tool.names)
        var function: JSONView?
        tool.forEachMember { key, value in
            switch census.note(key).flatMap(Members.Tool.init) {
            case .function: function = value
            case .cacheControl, .breakpoint: envelope.writesCache = true
            default: break
            }
        }
        try census.check(at: place())
        if let function { try readTool(function, at: { place() + ".function" }, &envelope) }
    }

    private func tooMany(_ what: String, _ limit: Int, _ path: String) -> RequestError {
        RequestError(
            .invalidValue, "Invalid '\(path)': a request may have at most \(limit) \(what).", parameter: path)
    }
}
