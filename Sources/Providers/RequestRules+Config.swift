import HTTP
package import JSON

/// Rules as a channel's `config` writes them.
extension RequestRules {
    private static let limitMember = "max_tokens_field"
    private static let parameterMember = "param_override"
    private static let headerMember = "header_override"
    /// Members of a `config` that are read here.
    package static let members: Set<String> = [limitMember, parameterMember, headerMember]

    /// What no channel may override: what is asked, and whom. The route and the bill go by it.
    private static let fixedParameters: Set<String> = [
        "model", "stream", "stream_options", "messages", "input", "prompt", "contents",
    ]

    /// Headers of one connection or of the body's framing, and those that say where a request goes and how its answer
    /// comes: the transport writes them.
    private static let fixedHeaders: Set<String> = [
        "connection", "proxy-connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade",
        "proxy-authenticate", "proxy-authorization", "http2-settings", "content-length", "content-encoding", "host",
        "expect", "accept-encoding",
    ]

    /// Reads what can be read; what cannot is left out and told.
    /// - Parameters:
    ///   - key: stands in for `{api_key}` in a header's value.
    ///   - problems: gets a sentence for each member that cannot be used.
    package init(_ config: JSONObject, type: Int, key: String, problems: inout [String]) {
        self.init(type: type)
        if let value = config[Self.limitMember], !value.isNull {
            let names = LimitName.allCases.map(\.rawValue).joined(separator: ", ")
            if let name = value.string.flatMap(LimitName.init), OpenAIVendor.all[type] != nil {
                limitName = name
            } else if value.string != "" {
                problems.append(
                    OpenAIVendor.all[type] == nil
                        ? "\(Self.limitMember) is for channels that speak OpenAI's format"
                        : "\(Self.limitMember) must be one of \(names)")
            }
        }
        if let object = Self.object(config, Self.parameterMember, &problems) { read(parameters: object, &problems) }
        if let object = Self.object(config, Self.headerMember, &problems) { read(headers: object, key, &problems) }
    }

    /// An object, or a text that holds one.
    private static func object(_ config: JSONObject, _ name: String, _ problems: inout [String]) -> JSONObject? {
        guard let value = config[name], !value.isNull, value.string != "" else { return nil }
        let found = value.object ?? value.string.flatMap { (try? JSON.parse(Array($0.utf8)))?.object }
        if found == nil { problems.append("\(name) must be a JSON object") }
        return found
    }

    private mutating func read(parameters object: JSONObject, _ problems: inout [String]) {
        for member in object.members {
            if member.key.isEmpty || Self.fixedParameters.contains(member.key.lowercased()) {
                problems.append("\(Self.parameterMember) must not set '\(member.key)'")
            } else {
                parameters[member.key] = member.value
            }
        }
    }

    private mutating func read(headers object: JSONObject, _ key: String, _ problems: inout [String]) {
        for member in object.members {
            guard HTTPHeaders.isName(member.key), !Self.fixedHeaders.contains(member.key.lowercased()) else {
                problems.append("\(Self.headerMember) must not set '\(member.key)'")
                continue
            }
            let value = member.value.string
            guard member.value.isNull || value.map(HTTPHeaders.isValue) == true else {
                problems.append("\(Self.headerMember).\(member.key) must be a text without control characters")
                continue
            }
            headers.append(Header(name: member.key, value: value?.replacing("{api_key}", with: key)))
        }
    }

    /// Values that a log must not show.
    var secrets: [String] {
        headers.compactMap { header in
            let name = header.name.lowercased()
            let isSecret = ["auth", "key", "token", "secret", "cookie"].contains { name.contains($0) }
            return isSecret ? header.value : nil
        }
    }
}
