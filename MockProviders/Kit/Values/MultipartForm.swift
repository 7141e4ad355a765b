import HTTP

/// The reason why a form was not read.
struct MultipartError: Error, Equatable {
    let message: String
}

/// `multipart/form-data` (RFC 7578), read strictly and within bounds.
struct MultipartForm: Sendable {
    struct Part: Sendable, Equatable {
        var name: String
        var fileName: String?
        var contentType: String?
        var body: [UInt8]

        var text: String { String(decoding: body, as: UTF8.self) }
    }

    /// The limit of parts; no API has as many fields.
    static let maxParts = 128
    static let maxHeadBytes = 8 << 10
    private(set) var parts: [Part] = []

    init(_ bytes: [UInt8], contentType: String) throws(MultipartError) {
        guard let boundary = Self.parameter("boundary", of: contentType), (1...70).contains(boundary.utf8.count) else {
            throw MultipartError(message: "The multipart boundary is missing or malformed.")
        }
        let delimiter = Array("--\(boundary)".utf8)
        guard bytes.starts(with: delimiter) else {
            throw MultipartError(message: "The form does not begin with its boundary.")
        }
        var position = delimiter.count
        let separator = [0x0d, 0x0a] + delimiter
        while true {
            if bytes[position...].starts(with: [0x2d, 0x2d]) { return }
            guard bytes[position...].starts(with: [0x0d, 0x0a]) else {
                throw MultipartError(message: "A boundary is not followed by a line end.")
            }
            guard let end = Self.find(separator, in: bytes, from: position) else {
                throw MultipartError(message: "The form has no closing boundary.")
            }
            guard parts.count < Self.maxParts else { throw MultipartError(message: "The form has too many parts.") }
            parts.append(try Self.part(bytes, (position + 2)..<max(position + 2, end), end))
            position = end + separator.count
        }
    }

    subscript(_ name: String) -> Part? { parts.first { $0.name == name } }

    /// The parts of a repeated field, whose name may end with `[]`.
    func all(_ name: String) -> [Part] { parts.filter { $0.name == name || $0.name == name + "[]" } }

    private static func part(_ bytes: [UInt8], _ range: Range<Int>, _ end: Int) throws(MultipartError) -> Part {
        guard let blank = find([0x0d, 0x0a, 0x0d, 0x0a], in: bytes, from: range.lowerBound - 2), blank <= end,
            blank - range.lowerBound <= maxHeadBytes
        else { throw MultipartError(message: "A part has no end of its head.") }
        var part = Part(name: "", body: Array(bytes[min(blank + 4, end)..<end]))
        let head = String(decoding: bytes[min(range.lowerBound, blank)..<blank], as: UTF8.self)
        for line in head.split(separator: "\r\n") {
            guard let colon = line.firstIndex(of: ":") else {
                throw MultipartError(message: "A part's head has a line without colon.")
            }
            let value = line[line.index(after: colon)...].drop { $0 == " " }
            switch line[..<colon].lowercased() {
            case "content-disposition":
                part.name = parameter("name", of: String(value)) ?? ""
                part.fileName = parameter("filename", of: String(value))
            case "content-type": part.contentType = String(value)
            default: break
            }
        }
        guard !part.name.isEmpty else { throw MultipartError(message: "A part has no name.") }
        return part
    }

    private static func find(_ wanted: [UInt8], in bytes: [UInt8], from start: Int) -> Int? {
        guard let first = wanted.first, bytes.count >= wanted.count else { return nil }
        var index = max(0, start)
        while index <= bytes.count - wanted.count {
            if bytes[index] == first, bytes[index..<(index + wanted.count)].elementsEqual(wanted) { return index }
            index += 1
        }
        return nil
    }

    /// The value of a parameter, from `name=value` or `name="value"` behind a semicolon.
    private static func parameter(_ name: String, of field: String) -> String? {
        for piece in field.split(separator: ";").dropFirst() {
            let pair = piece.drop { $0 == " " }.split(separator: "=", maxSplits: 1)
            guard pair.count == 2, pair[0].lowercased() == name else { continue }
            let value = pair[1]
            let isQuoted = value.count >= 2 && value.hasPrefix("\"") && value.hasSuffix("\"")
            if isQuoted { return String(value.dropFirst().dropLast()) }
            return String(value)
        }
        return nil
    }
}
