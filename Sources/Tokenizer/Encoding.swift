import Arithmetic

/// OpenAI's byte-pair encodings.
package enum Encoding: Sendable, CaseIterable {
    case cl100k
    case o200k

    private static let o200kPrefixes = ["gpt-4o", "gpt-4.1", "gpt-4.5", "gpt-5", "chatgpt-", "o1", "o3", "o4", "omni-"]

    /// The encoding of a model. Models of other vendors use cl100k, as in one-api (spec/billing.md §6.1).
    package static func forModel(_ name: String) -> Encoding {
        let bare = name.split(separator: "/").last.map(String.init) ?? name
        return o200kPrefixes.contains(where: bare.hasPrefix) ? .o200k : .cl100k
    }
}

/// Tokens around a chat message (spec/billing.md §6.2).
package struct MessageOverhead: Sendable {
    /// Tokens that are added once per request.
    package let reply = 3
    package let message: Int
    package let name: Int

    package init(model: String) {
        let isFirst = model == "gpt-3.5-turbo-0301"
        message = isFirst ? 4 : 3
        name = isFirst ? -1 : 1
    }
}

/// How many tokens an image in a prompt counts (spec/billing.md §6.4).
package enum ImageTokens {
    /// - Parameters:
    ///   - detail: `low`, `high`, `auto` or absent.
    ///   - width, height: pixels; 0 if unknown.
    package static func count(model: String, detail: String?, width: Int, height: Int) -> Int {
        let isMini = model.hasPrefix("gpt-4o-mini")
        let base = isMini ? 2833 : 85
        if detail == "low" { return base }
        var (width, height) = (max(0, width), max(0, height))
        if max(width, height) > 2048 {
            let longest = max(width, height)
            (width, height) = (width.times(2048) / longest, height.times(2048) / longest)
        }
        if width > 768, height > 768 {
            let shortest = min(width, height)
            (width, height) = (width * 768 / shortest, height * 768 / shortest)
        }
        let tiles = ((width + 511) / 512) * ((height + 511) / 512)
        return (isMini ? 5667 : 170) * tiles + base
    }
}
