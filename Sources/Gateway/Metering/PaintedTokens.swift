import Arithmetic
import Chat

/// The tokens of pictures from models that bill pictures by tokens, as OpenAI's GPT image models do
/// (spec/wire/openai.md §7). Used to reserve quota, and for answers without usage. Low and high quality differ
/// fifteen-fold.
struct PaintedTokens: Equatable {
    /// Ratios of picture tokens, relative to a token of text in the prompt.
    struct Prices: Equatable {
        let prompt: Ratio
        let completion: Ratio
    }

    /// OpenAI's prices of pictures; `nil` for models that bill by the picture.
    static func prices(of model: String) -> Prices? {
        guard model.hasPrefix("gpt-image-") || model.hasPrefix("chatgpt-image-") else { return nil }
        if model.hasPrefix("gpt-image-1-mini") { return mini }
        if model == "gpt-image-1" { return first }
        return model.hasPrefix("gpt-image-1.5") || model.hasPrefix("chatgpt-image-") ? second : later
    }

    private static let first = Prices(prompt: Ratio(tenths: 20), completion: Ratio(tenths: 80))
    private static let mini = Prices(prompt: Ratio(hundredths: 125), completion: Ratio(tenths: 40))
    private static let second = Prices(prompt: Ratio(tenths: 16), completion: Ratio(tenths: 64))
    private static let later = Prices(prompt: Ratio(tenths: 16), completion: Ratio(tenths: 60))

    /// The tokens of each preview in a stream.
    static let preview: Int64 = 100
    private static let largestPicture: Int64 = 3840 * 2160
    /// No picture has more tokens. An upstream that reports more is not believed.
    static let most: Int64 = 1 << 17

    /// The tokens of one picture.
    /// - Parameters:
    ///   - size: such as `1024x1536`. Any other text leaves the choice to the model.
    ///   - quality: such as `low`. Any other text leaves the choice to the model, which counts as `auto`.
    static func each(size: String?, quality: String?, auto: String) -> Int64 {
        let square = bySquare[quality ?? auto] ?? bySquare[auto] ?? 0
        switch size {
        case "1024x1024": return square
        // These are OpenAI's exact numbers for the two sizes.
        case "1024x1536": return square.times(3) / 2
        case "1536x1024": return (square.times(3) / 2).minus(square == 272 ? 8 : square == 1056 ? 16 : 32)
        default: break
        }
        guard let (width, height) = size.flatMap(pixels) else { return square.times(3) / 2 }
        let area = min(largestPicture, width.times(height))
        return max(1, square.times(area) / (1024 * 1024))
    }

    private static let bySquare: [String: Int64] = [
        "low": 272, "medium": 1056, "high": 4160, "xhigh": 8320, "max": 16640,
    ]

    private static func pixels(_ size: String) -> (Int64, Int64)? {
        let sides = size.split(separator: "x", omittingEmptySubsequences: false)
        guard sides.count == 2, let width = Int64(sides[0]), let height = Int64(sides[1]), width > 0, height > 0 else {
            return nil
        }
        return (width, height)
    }

    /// The usage of an answer that does not report it.
    /// - Parameters:
    ///   - count: the number of pictures that came or may come.
    ///   - auto: the quality to assume if the model chooses.
    static func usage(
        of request: ImageRequest, count: Int64, promptTokens: Int64, size: String? = nil, quality: String? = nil,
        auto: String
    ) -> Usage {
        let each = each(size: size ?? request.size, quality: quality ?? request.quality, auto: auto)
        let previews = request.isStream ? max(0, request.previews ?? 0).times(preview) : 0
        var usage = Usage(
            promptTokens: promptTokens, completionTokens: max(0, count).times(each.plus(previews)), isEstimated: true)
        usage.imageCompletionTokens = usage.completionTokens
        return usage
    }
}

extension Ratio {
    fileprivate init(tenths: Int64) { self.init(units: Self.scale / 10 * tenths) }
    fileprivate init(hundredths: Int64) { self.init(units: Self.scale / 100 * hundredths) }
}

extension Rates {
    /// The most that the requested pictures can cost. This much is reserved.
    func most(for request: ImageRequest, model: String) -> Int64 {
        guard PaintedTokens.prices(of: model) != nil else { return quota(for: ImagePrice(request, model: model)) }
        let usage = PaintedTokens.usage(
            of: request, count: request.count ?? 1, promptTokens: Int64(request.prompt.utf8.count), auto: "high")
        return quota(for: ChargedUsage(usage))
    }
}
