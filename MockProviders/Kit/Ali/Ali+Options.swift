import JSON

extension Ali {
    /// The options that both interfaces share. The native interface has them in `parameters`, the compatible mode at
    /// the top level of the body.
    struct Options {
        var isStream = false
        /// The compatible mode's option. The native interface always reports the usage.
        var includesUsage = false
        /// Each event has only the new text.
        var isIncremental = true
        /// The answer is in `output.text`.
        var saysText = false
        var maxTokens = Int.max
        var stops: [String] = []
        var n = 1
        var topLogprobs: Int?
        var tools: [Prompt.Tool] = []
        /// The tools as they were sent, to count their tokens.
        var toolText = ""
        var choice = Prompt.ToolChoice.auto
        var isParallel = true
        var format = Prompt.Format.text
        var reasoningTokens = 0
        var search = Search()

        struct Search {
            var isOn = false
            var showsSources = false
            var strategy = "standard"
            /// The request has `enable_code_interpreter`.
            var runsCode = false
        }

        /// Reads what both interfaces share.
        /// - Parameter fields: `nil` if a native request has no parameters.
        init(_ fields: Fields?, _ model: Model, isStream: Bool) throws(Failure) {
            self.isStream = isStream
            guard let fields else {
                try think(nil, model)
                return
            }
            try readSampling(fields, model)
            stops = try Self.stops(fields.member("stop"))
            try readTools(fields)
            try readFormat(fields)
            try readSearch(fields)
            try think(fields, model)
            n = try fields.int("n", 1...4) ?? 1
            if n > 1, !tools.isEmpty { throw .parameter("n should be 1 when tools are given") }
            let wants = try fields.bool("logprobs") ?? false
            let top = try fields.int("top_logprobs", 0...5)
            if wants { topLogprobs = top ?? 0 }
        }

        private mutating func readSampling(_ fields: Fields, _ model: Model) throws(Failure) {
            if let heat = try fields.number("temperature"), !(0..<2).contains(heat) {
                throw .parameter("Temperature should be in [0.0, 2.0)")
            }
            if let top = try fields.number("top_p"), top <= 0 || top > 1 || (top == 1 && model.isOld) {
                throw .parameter("Range of top_p should be (0.0, 1.0\(model.isOld ? ")" : "]")")
            }
            _ = try fields.number("top_k")
            if let penalty = try fields.number("repetition_penalty"), penalty <= 0 {
                throw .parameter("Repetition_penalty should be greater than 0.0")
            }
            if let penalty = try fields.number("presence_penalty"), !(-2...2).contains(penalty) {
                throw .parameter("Presence_penalty should be in [-2.0, 2.0]")
            }
            // Seeds reach 2^63 - 1, and 2^64 - 1 for older models. As a `Double` the latter is 2^64.
            if let seed = try fields.number("seed"), seed < 0 || seed > 18_446_744_073_709_551_616 {
                throw .parameter("Range of seed should be [0, 9223372036854775807]")
            }
        }

        private static func stops(_ stop: JSONView?) throws(Failure) -> [String] {
            guard let stop else { return [] }
            if let text = stop.string { return [text] }
            guard stop.isArray else { throw .badRequest }
            var texts: [String] = []
            var kinds: Set<String> = []
            try stop.forEachElement { (item) throws(Failure) in
                switch item.kind {
                case .string:
                    texts.append(item.string ?? "")
                    kinds.insert("text")
                // Token ids, alone or in a list, do not stop the mock, because it does not use the models' own tokens.
                case .number, .array: kinds.insert("ids")
                default: throw .badRequest
                }
            }
            if kinds.count > 1 { throw .parameter("stop must be all strings or all token ids") }
            return texts
        }

        private mutating func readSearch(_ fields: Fields) throws(Failure) {
            search.isOn = try fields.bool("enable_search") ?? false
            search.runsCode = try fields.bool("enable_code_interpreter") ?? false
            guard let options = try fields.object("search_options") else { return }
            search.showsSources = try options.bool("enable_source") ?? false
            let strategies = ["standard", "pro", "turbo", "max"]
            search.strategy = try options.word("search_strategy", of: strategies) ?? search.strategy
            _ = try options.word("citation_format", of: ["[<number>]", "[ref_<number>]"])
            for name: StaticString in [
                "enable_citation", "forced_search", "prepend_search_result", "enable_search_extension",
            ] { _ = try options.bool(name) }
        }

        private mutating func think(_ fields: Fields?, _ model: Model) throws(Failure) {
            let isWanted = try fields?.bool("enable_thinking")
            let budget = try fields?.int("thinking_budget", 1...131_072)
            let effort = try fields?.word("reasoning_effort", of: ["low", "medium", "high", "xhigh"])
            let thinks =
                switch model.thinking {
                case .none: false
                case .optional: isWanted ?? false
                case .always: true
                }
            if thinks {
                if !isStream, model.isOpenWeight { throw .wantsStream }
                let length = ["low": 64, "high": 512, "xhigh": 1024][effort ?? ""] ?? 192
                reasoningTokens = min(length, budget ?? .max)
            }
            let answer = try fields?.int("max_tokens", 1...model.maxOutput)
            let all = try fields?.int("max_completion_tokens", 1...max(model.maxOutput, 131_072))
            // `max_tokens` excludes the thoughts, and `max_completion_tokens` includes them.
            maxTokens = min(answer.map { $0 + reasoningTokens } ?? .max, all ?? .max)
        }
    }
}
