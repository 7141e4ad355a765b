import HTTP
import JSON

/// Baidu Qianfan (spec/wire/baidu.md): the Wenxin Workshop with its tokens and consoles, and the OpenAI-like platform.
enum Baidu {
    /// Which of the two generations speaks.
    enum Dialect { case workshop, platform }

    /// The headers of a model's answer, with the limits by which the SDK sets its own limiter.
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

    /// A number given in a mock name, such as 3 in `mock-expires-3`.
    static func number(after mark: String, in name: String) -> Int? {
        guard let range = name.firstRange(of: mark) else { return nil }
        return Int(name[range.upperBound...].prefix { $0.isASCII && $0.isNumber })
    }
}

extension Baidu {
    /// Tokens of an answer; the service counts none as cached.
    struct Usage {
        var prompt: Int
        var completion = 0

        init(prompt: Int, completion: Int = 0, script: Script? = nil) {
            self.prompt = script?.promptTokens ?? prompt
            self.completion = script?.completionTokens ?? completion
        }

        /// What the answer says under a fault; the ledger keeps the truth.
        func reported(_ fault: UsageFault) -> Usage? {
            switch fault {
            case .none: self
            case .missing: nil
            case .zero: Usage(prompt: 0)
            case .wrong: Usage(prompt: prompt * 10, completion: completion * 10)
            }
        }

        /// - Parameter isChat: embeddings and the like report no completion.
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
