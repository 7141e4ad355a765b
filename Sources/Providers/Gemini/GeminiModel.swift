import Chat
import JSON

/// What a model's name tells of what it takes (spec/wire/gemini.md §§4.4, 5). Names are `gemini-MAJOR[.MINOR]-FAMILY…`;
/// aliases such as `gemini-flash-latest` have no number and stand for a current model.
struct GeminiModel {
    /// `nil` for a current model without a number.
    private let version: (major: Int, minor: Int)?
    private let isGemini: Bool
    private let name: String

    init(_ name: String) {
        self.name = name
        guard let start = name.utf8Offset(of: "gemini-") else {
            (isGemini, version) = (false, nil)
            return
        }
        isGemini = true
        let tail = name.utf8.dropFirst(start + 7)
        let digits = tail.prefix { (0x30...0x39).contains($0) }
        guard let major = Int(Substring(digits)) else {
            // The first generation was called so.
            version = tail.elementsEqual("pro".utf8) || tail.elementsEqual("pro-vision".utf8) ? (1, 0) : nil
            return
        }
        let rest = tail[digits.endIndex...]
        let minor = rest.first == 0x2e ? rest.dropFirst().prefix { (0x30...0x39).contains($0) } : rest.prefix(0)
        version = (major, Int(Substring(minor)) ?? 0)
    }

    private var isPro: Bool { name.utf8Offset(of: "pro") != nil }
    private var isLite: Bool { name.utf8Offset(of: "flash-lite") != nil }

    private func isAtLeast(_ major: Int, _ minor: Int) -> Bool {
        guard isGemini else { return false }
        guard let version else { return true }
        return version.major > major || version.major == major && version.minor >= minor
    }

    /// Refuses history whose calls and pictures have no signature.
    var needsSignatures: Bool { isAtLeast(3, 0) }
    /// Takes media within the result of a function; older models take them beside it.
    var takesMediaInResults: Bool { isAtLeast(3, 0) }
    /// Takes functions beside a server's tool or a response format. Other vendors' models are left to the upstream.
    var mixesTools: Bool { !isGemini || isAtLeast(3, 0) }
    /// Holds calls to their schema where it may also answer with text.
    var validatesCalls: Bool { isAtLeast(2, 5) }

    /// A level for models from 3 on, a budget for 2.5, nothing for those that do not think. An alias may stand for either,
    /// and both take a budget.
    func thinking(_ reasoning: ChatRequest.ReasoningOptions) -> JSON? {
        guard isAtLeast(2, 5) else { return nil }
        let effort = reasoning.effort ?? "medium"
        if let version, version.major >= 3, reasoning.budget == nil {
            return ["thinkingLevel": .string(Self.levels[effort] ?? "MEDIUM"), "includeThoughts": true]
        }
        let budget = clamped(reasoning.budget ?? Self.budgets[effort] ?? 8192)
        return ["thinkingBudget": .int(budget), "includeThoughts": .bool(budget != 0)]
    }

    /// −1 leaves the budget to the model.
    private func clamped(_ budget: Int64) -> Int64 {
        if budget < 0 { return -1 }
        if isPro { return min(max(128, budget), 32_768) }
        return min(isLite && budget > 0 ? max(512, budget) : budget, 24_576)
    }

    private static let budgets: [String: Int64] = [
        "none": 0, "minimal": 512, "low": 1024, "medium": 8192, "high": 24_576, "xhigh": 32_768, "max": 32_768,
    ]
    private static let levels = [
        "none": "MINIMAL", "minimal": "MINIMAL", "low": "LOW", "medium": "MEDIUM", "high": "HIGH", "xhigh": "HIGH",
        "max": "HIGH",
    ]
}
