import HTTP
import JSON

/// The first bytes of an answer. They show whether it is a stream. The content type is not reliable: vendors, and the
/// gateways in front of them, label streams as JSON and JSON as streams.
struct AnswerOpening {
    /// The bytes read so far, without the blanks and the byte order mark before them. Empty if the answer is empty.
    private(set) var bytes: [UInt8] = []
    let isStream: Bool

    private static let fields = ["data", "event", "id", "retry"]
    private static let mark: [UInt8] = [0xef, 0xbb, 0xbf]

    /// Reads until a byte arrives that is neither a blank nor part of a byte order mark.
    init(of response: UpstreamResponse) async throws(TransportError) {
        while let piece = try await response.next() {
            guard let start = Self.start(of: piece) else { continue }
            bytes = start == 0 ? piece : Array(piece[start...])
            break
        }
        isStream = Self.isStream(bytes) ?? Self.isTypedAsStream(response)
    }

    /// The index of the first byte that is neither a blank nor part of a byte order mark.
    private static func start(of bytes: [UInt8]) -> Int? { bytes.firstIndex { $0 > 0x20 && !mark.contains($0) } }

    /// - Returns: `nil` if the bytes do not show it.
    private static func isStream(_ bytes: [UInt8]) -> Bool? {
        switch bytes.first {
        case 0x7b, 0x5b, 0x3c, 0x22: return false
        case 0x3a: return true
        default:
            let isField = !bytes.isEmpty && fields.contains { zip($0.utf8, bytes).allSatisfy { $0 == $1 } }
            return isField ? true : nil
        }
    }

    /// Whether the content type says that the answer is a stream. It is used only if the bytes do not show it.
    static func isTypedAsStream(_ response: UpstreamResponse) -> Bool {
        // Vendors send streams with many types, but hardly a stream as JSON or as a web page.
        let type = response.headers["Content-Type"]?.lowercased() ?? ""
        return !type.hasPrefix("application/json") && !type.hasPrefix("text/html")
    }

    /// Whether a body is a stream.
    static func isStream(body: [UInt8]) -> Bool {
        start(of: body).map { isStream(Array(body[$0...].prefix(8))) == true } ?? false
    }

    /// The JSON of an error. In a stream it is the data of the first event. Lone surrogates are replaced, so that every
    /// parser accepts it.
    static func error(in body: [UInt8]) -> [UInt8] {
        guard let start = start(of: body) else { return body }
        var json = start == 0 ? body : Array(body[start...])
        if isStream(json) == true {
            var parser = SSEParser(quirks: .bareLineFeeds)
            let isFound = json.withUnsafeBytes { bytes in
                var position = 0
                return parser.next(in: bytes, &position) || parser.end()
            }
            if isFound { json = parser.takeData() }
        }
        return LoneSurrogates.replaced(in: json) ?? json
    }
}
