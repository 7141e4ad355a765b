import Chat
import TestTraits
import Testing

@testable import Gateway

/// What generated pictures cost if the model bills them by tokens.
@Suite(.inTurn) struct PaintedTokensTests {
    static let prices: [(String, String, String)] = [
        ("gpt-image-1", "2.00", "8.00"), ("gpt-image-1-mini", "1.25", "4.00"),
        ("gpt-image-1-mini-2025-10-06", "1.25", "4.00"), ("gpt-image-1.5", "1.60", "6.40"),
        ("gpt-image-1.5-2025-12-16", "1.60", "6.40"), ("chatgpt-image-latest", "1.60", "6.40"),
        ("gpt-image-2", "1.60", "6.00"),
    ]

    @Test("each model's pictures have their own price", arguments: prices)
    func price(model: String, prompt: String, completion: String) throws {
        let prices = try #require(PaintedTokens.prices(of: model))
        #expect(prices.prompt.twoDecimals == prompt && prices.completion.twoDecimals == completion)
    }

    @Test("models that bill by the picture have no price", arguments: ["dall-e-3", "gpt-4o", "gpt-image", "wanx-v1"])
    func none(model: String) {
        #expect(PaintedTokens.prices(of: model) == nil)
    }

    static let sizes: [(String?, String?, Int64)] = [
        ("1024x1024", "low", 272), ("1024x1024", "medium", 1056), ("1024x1024", "high", 4160),
        ("1024x1536", "low", 408), ("1024x1536", "medium", 1584), ("1024x1536", "high", 6240),
        ("1536x1024", "low", 400), ("1536x1024", "medium", 1568), ("1536x1024", "high", 6208),
        ("2048x1024", "low", 544), ("512x512", "medium", 264), ("1x1", "low", 1),
        // The most tokens that a picture can have.
        ("999999x999999", "low", 2151), ("9223372036854775807x2", "low", 2151),
        // If the model chooses the size or quality itself, the dearest counts.
        (nil, "low", 408), ("auto", "low", 408), ("0x1024", "low", 408), ("1024x1024", nil, 1056),
        ("1024x1024", "auto", 1056), (nil, nil, 1584),
    ]

    @Test("a picture's tokens follow its size and quality", arguments: sizes)
    func tokens(size: String?, quality: String?, expected: Int64) {
        #expect(PaintedTokens.each(size: size, quality: quality, auto: "medium") == expected)
    }
}
