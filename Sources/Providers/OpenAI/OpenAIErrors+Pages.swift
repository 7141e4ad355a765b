package import Chat
import JSON

extension OpenAIErrors {
    /// Anything that is not the provider's JSON, named for what it is; the page itself never gets through
    /// (spec/wire/openai.md §12.1).
    package static func notJSON(
        _ body: [UInt8], status: Int, contentType: String?, rayID: String?
    ) -> UpstreamFailure {
        let head = String(decoding: body.prefix(4096), as: UTF8.self)
        if status < 400, let failure = insideArray(body, head) { return failure }
        let what: String
        if body.isEmpty {
            what = "an empty body"
        } else if isPage(head) || contentType?.lowercased().hasPrefix("text/html") == true {
            what = page(head)
        } else if status >= 400, contentType?.lowercased().hasPrefix("text/plain") == true, body.count <= 300,
            let text = String(validating: body, as: UTF8.self)
        {
            what = "the text \"\(withoutAddresses(text, limit: 300))\""
        } else {
            what =
                "\(body.count) bytes that are not JSON" + (contentType.map { " (\(sanitized($0, limit: 60)))" } ?? "")
        }
        let ray = rayID.map { " (cf-ray \(sanitized($0, limit: 40)))" } ?? ""
        let isSuccess = status < 400
        return UpstreamFailure(
            kind: isSuccess ? .notTheProvider : kind(status: status, code: "", type: ""),
            status: isSuccess ? 502 : status,
            message: "The upstream answered with status \(status) and \(what)\(ray) where JSON was due.",
            code: .text("bad_upstream_response"))
    }

    /// Google puts its error into an array, be it with a status of success.
    private static func insideArray(_ body: [UInt8], _ head: String) -> UpstreamFailure? {
        guard head.first(where: { !$0.isWhitespace }) == "[", !isPage(head), let root = try? JSON.parse(body),
            root[0]?["error"]?.object != nil
        else { return nil }
        return insideSuccess(root)
    }

    static func isPage(_ text: String) -> Bool {
        let head = text.prefix(4096).lowercased()
        return head.contains("<html") || head.contains("<!doctype html")
    }

    /// What pages of Cloudflare's say, by a mark of theirs; checked in order.
    private static let cloudflarePages: [(mark: String, meaning: String)] = [
        ("just a moment...", "a Cloudflare page that asks for a browser check"),
        ("you have been blocked", "a Cloudflare page that says that we are blocked"),
        ("you are being rate limited", "a Cloudflare page that says that we are rate limited"),
        ("to restrict access", "a Cloudflare page that denies access"),
        ("web server is returning an unknown error", "a Cloudflare page: unknown error of the origin server"),
        ("web server is down", "a Cloudflare page: the origin server is down"),
        ("connection timed out", "a Cloudflare page: the connection to the origin server timed out"),
        ("origin is unreachable", "a Cloudflare page: the origin server is unreachable"),
        ("a timeout occurred", "a Cloudflare page: the origin server did not answer in time"),
        ("bad gateway", "a Cloudflare page: bad gateway"),
    ]

    private static func page(_ text: String) -> String {
        let lower = text.lowercased()
        if lower.contains("cloudflare") || lower.contains("cf-error") || lower.contains("/cdn-cgi/") {
            return cloudflarePages.first { lower.contains($0.mark) }?.meaning ?? "a Cloudflare page"
        }
        guard let title = title(of: text) else { return "a web page" }
        return "a web page titled \"\(title)\""
    }

    /// A page's title without markup and without names of hosts.
    private static func title(of page: String) -> String? {
        guard let open = page.firstRange(of: "<title>") ?? page.firstRange(of: "<TITLE>") else { return nil }
        let rest = page[open.upperBound...]
        guard let end = rest.firstIndex(of: "<") else { return nil }
        let title = withoutAddresses(rest[..<end], limit: 100)
        return title.isEmpty ? nil : title
    }

    private static func withoutAddresses(_ text: some StringProtocol, limit: Int) -> String {
        let words = text.split(whereSeparator: \.isWhitespace).map { word in
            isAddress(Substring(word)) ? "…" : String(word)
        }
        return sanitized(words.joined(separator: " "), limit: limit)
    }

    /// A host name, an IP address or a URL.
    private static func isAddress(_ word: Substring) -> Bool {
        if word.contains("://") { return true }
        let bare = word.drop { !$0.isLetter && !$0.isNumber }
        guard let dot = bare.firstIndex(of: "."), dot != bare.startIndex else { return false }
        let after = bare[bare.index(after: dot)...]
        return after.first.map { $0.isLetter || $0.isNumber } ?? false
    }

    // MARK: Streams that are none

    package static let eventTooLarge = UpstreamFailure(
        kind: .notTheProvider, status: 502, message: "The upstream sent an event that is too large.",
        code: .text("upstream_event_too_large"))

    package static let eventNotJSON = UpstreamFailure(
        kind: .notTheProvider, status: 502, message: "The upstream sent an event that is not JSON.",
        code: .text("upstream_invalid_event"))

    static let eventNotText = UpstreamFailure(
        kind: .notTheProvider, status: 502, message: "The upstream sent an event that is not UTF-8 text.",
        code: .text("upstream_invalid_event"))

    package static let cutStream = UpstreamFailure(
        kind: .brokenOff, status: 502, message: "The upstream broke the stream off before its end.",
        code: .text("upstream_stream_cut"))
}
