/// What the mock knows of a model: its row in the table (`Model+Table.swift`).
struct Model: Sendable {
    enum Kind: Sendable {
        case chat, reasoning, completion, embedding, image, speech, transcription, moderation, any
        /// The model is served at `/v1/responses` only, which the mock does not offer.
        case responses
    }

    struct Traits: OptionSet, Sendable {
        let rawValue: Int
        /// The model reads pictures.
        static let sees = Traits(rawValue: 1)
        /// The model refuses `stop`.
        static let refusesStop = Traits(rawValue: 2)
        /// The model refuses messages of the roles `system` and `developer`.
        static let refusesSystem = Traits(rawValue: 4)
    }

    let id: String
    /// The model's name in answers.
    var snapshot: String
    let kind: Kind
    let context: Int
    let maxOutput: Int
    var traits: Traits = []
    /// The accepted values of `reasoning_effort`; the first is the default.
    var efforts: [String] = []
    /// What an image model accepts; `nil` for all other models.
    var painter: Painter?
    var created = 1_721_172_741
    var owner = "system"

    var isReasoning: Bool { kind == .reasoning }
    /// The model searches the web before each answer.
    var searches: Bool { id.firstRange(of: "search") != nil && kind != .responses }
    var isChat: Bool { kind == .chat || kind == .reasoning || kind == .any }
    var serves: (Kind) -> Bool { { self.kind == $0 || self.kind == .any } }

    /// Finds a listed model or one of its snapshots. Any name with `mock-` in it is a model too.
    static func find(_ name: String) -> Model? {
        if let known = byName[name] { return known }
        guard name.firstRange(of: "mock-") != nil else { return nil }
        let isReasoning = name.firstRange(of: "mock-reasoning") != nil
        return Model(
            id: name, snapshot: name, kind: isReasoning ? .reasoning : .any, context: .max, maxOutput: .max,
            traits: .sees, efforts: Effort.all, owner: "mock")
    }

    private static let byName: [String: Model] = {
        var names: [String: Model] = [:]
        for model in all {
            names[model.snapshot] = model
            names[model.id] = model
        }
        return names
    }()
}

/// The accepted values of `reasoning_effort` by family; the first of each is the default.
enum Effort {
    static let all = ["medium", "none", "minimal", "low", "high", "xhigh", "max"]
    /// The o-series.
    static let three = ["medium", "low", "high"]
    static let gpt5 = ["medium", "minimal", "low", "high"]
    /// By default these models do not think.
    static let gpt51 = ["none", "low", "medium", "high"]
    static let gpt52 = ["none", "low", "medium", "high", "xhigh"]
    static let gpt55 = ["medium", "none", "low", "high", "xhigh"]
    static let gpt6 = ["medium", "none", "low", "high", "xhigh", "max"]
    /// ChatGPT's models, which choose the effort by themselves.
    static let fixed = ["medium"]
    static let pro = ["medium", "high", "xhigh"]
}

/// What an image model accepts (spec/wire/openai.md §7).
enum Painter: Sendable {
    case dallE2, dallE3
    case gptImage1, gptImage2
    /// Like `gptImage2`, with two more levels of quality.
    case gptImage25

    /// The model always answers in base64 and reports its tokens.
    var isGPT: Bool { self != .dallE2 && self != .dallE3 }
    var maxPrompt: Int { isGPT ? 32_000 : self == .dallE3 ? 4000 : 1000 }

    var qualities: [String] {
        switch self {
        case .dallE2: ["standard"]
        case .dallE3: ["standard", "hd"]
        case .gptImage1, .gptImage2: ["low", "medium", "high", "auto"]
        case .gptImage25: ["low", "medium", "high", "xhigh", "max", "auto"]
        }
    }

    /// The accepted sizes. For models that accept any size within limits, the usual ones.
    var sizes: [String] {
        switch self {
        case .dallE2: ["256x256", "512x512", "1024x1024"]
        case .dallE3: ["1024x1024", "1792x1024", "1024x1792"]
        default: ["1024x1024", "1536x1024", "1024x1536", "auto"]
        }
    }

    func takes(size: String) -> Bool {
        if sizes.contains(size) { return true }
        guard self == .gptImage2 || self == .gptImage25 else { return false }
        let sides = size.split(separator: "x", omittingEmptySubsequences: false).map { Int($0) ?? 0 }
        guard sides.count == 2, let short = sides.min(), let long = sides.max(), short > 0, long <= 3840 else {
            return false
        }
        return sides.allSatisfy { $0 % 16 == 0 } && long <= 3 * short && short <= 2160
    }
}
