import HTTP
import JSON

/// Plays Baidu Qianfan (spec/wire/baidu.md): the Wenxin Workshop with its tokens and its console, and the platform,
/// which is similar to OpenAI.
enum Baidu {
    /// The generation of the service.
    enum Dialect { case workshop, platform }

    /// The headers of a model's answer. The SDK sets its own limiter by the limits in them.
    static func headers(_ call: Call, type: String = "application/json", tokens: Int = 0) -> HTTPHeaders {
        var random = call.ids.random
        var headers: HTTPHeaders = ["content-type": type]
        headers.add("X-Baidu-Request-Id", call.headers["Request_id"] ?? "mock-\(random.alphanumerics(16))")
        headers.add("X-Ratelimit-Limit-Requests", "60000")
        headers.add("X-Ratelimit-Limit-Tokens", "6000000")
        headers.add("X-Ratelimit-Remaining-Requests", "59999")
        headers.add("X-Ratelimit-Remaining-Tokens", String(max(0, 6_000_000 - tokens)))
        return headers
    }

    /// An answer's id: `as-` and ten letters or digits.
    static func identifier(_ ids: inout IdentifierSource) -> String {
        "as-" + ids.random.alphanumerics(10).lowercased()
    }

    /// The number behind a word of a mock name, such as 3 in `mock-expires-3`.
    static func number(after mark: String, in name: String) -> Int? {
        guard let range = name.firstRange(of: mark) else { return nil }
        return Int(name[range.upperBound...].prefix { $0.isASCII && $0.isNumber })
    }
}

extension Baidu {
    /// The tokens of an answer. The service reports no cached tokens.
    struct Usage {
        var prompt: Int
        var completion = 0

        init(prompt: Int, completion: Int = 0, script: Script? = nil) {
            self.prompt = script?.promptTokens ?? prompt
            self.completion = script?.completionTokens ?? completion
        }

        /// The usage as the answer reports it under a fault. The ledger keeps the true numbers.
        func reported(_ fault: UsageFault) -> Usage? {
            switch fault {
            case .none: self
            case .missing: nil
            case .zero: Usage(prompt: 0)
            case .wrong: Usage(prompt: prompt * 10, completion: completion * 10)
            }
        }

        /// - Parameter isChat: `false` for embeddings and the like, which report no completion.
        func write(to document: inout Document, isChat: Bool = true) {
            document.object("usage") { usage in
                usage.member("prompt_tokens", prompt)
                if isChat { usage.member("completion_tokens", completion) }
                usage.member("total_tokens", prompt + completion)
            }
        }

        func served(id: String, model: String, call: Call) -> Served {
            Served(
                id: id, model: model, key: call.identity.key ?? "", promptTokens: prompt,
                completionTokens: completion, cachedTokens: 0)
        }
    }
}

extension Document {
    mutating func member(_ name: StaticString, _ value: Bool) {
        key(name)
        bool(value)
    }
}
