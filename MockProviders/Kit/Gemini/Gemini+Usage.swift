extension Gemini {
    /// The counts of an answer (spec/wire/gemini.md §3.2). `prompt` includes `cached` and excludes `toolUse`;
    /// `candidates` excludes `thoughts`.
    struct Usage {
        var prompt: Int
        var cached = 0
        var candidates = 0
        var thoughts = 0
        /// The tokens that the service's tools gave the model to read.
        var toolUse = 0
        /// The tokens of the prompt and of the answer that are not text, by kind.
        var promptMedia: [String: Int] = [:]
        var candidateMedia: [String: Int] = [:]

        var total: Int { prompt + candidates + thoughts + toolUse }

        func reported(_ fault: UsageFault) -> Usage? {
            switch fault {
            case .none: self
            case .missing: nil
            case .zero: Usage(prompt: 0)
            case .wrong:
                Usage(
                    prompt: prompt * 10, cached: cached * 10, candidates: candidates * 10, thoughts: thoughts * 10,
                    toolUse: toolUse * 10)
            }
        }

        /// - Parameters:
        ///   - names: writes the enumerations.
        ///   - tier: `nil` for blocked prompts, whose counts leave it out.
        func write(to object: inout Document, _ names: Names, tier: (name: StaticString, value: String)?) {
            object.member("promptTokenCount", prompt)
            if candidates > 0 { object.member("candidatesTokenCount", candidates) }
            object.member("totalTokenCount", total)
            if cached > 0 { object.member("cachedContentTokenCount", cached) }
            Self.write("promptTokensDetails", prompt, promptMedia, names, to: &object)
            if cached > 0 { Self.write("cacheTokensDetails", cached, [:], names, to: &object) }
            if !candidateMedia.isEmpty {
                Self.write("candidatesTokensDetails", candidates, candidateMedia, names, to: &object)
            }
            if toolUse > 0 {
                object.member("toolUsePromptTokenCount", toolUse)
                Self.write("toolUsePromptTokensDetails", toolUse, [:], names, to: &object)
            }
            if thoughts > 0 { object.member("thoughtsTokenCount", thoughts) }
            if let tier { object.member(tier.name, tier.value) }
        }

        private static func write(
            _ name: StaticString, _ count: Int, _ media: [String: Int], _ names: Names, to object: inout Document
        ) {
            let text = count - media.values.reduce(0, +)
            let others = media.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
            object.array(name) { list in
                for (modality, count) in (text > 0 || others.isEmpty ? [("TEXT", text)] : []) + others {
                    list.object { item in
                        names.write("modality", modality, of: Names.modalities, to: &item)
                        item.member("tokenCount", count)
                    }
                }
            }
        }
    }
}
