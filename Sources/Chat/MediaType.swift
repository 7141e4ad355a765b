import JSON

/// Tells what media are by their first bytes, since what a client or a server calls them may be wrong.
package enum MediaType {
    package enum Kind: Sendable { case image, audio, video, document, unknown }

    /// Bytes that are looked at: no more is decoded.
    private static let headLength = 64

    /// First bytes that say it all.
    private static let marks: [(bytes: [UInt8], type: String)] = [
        ([0x89, 0x50, 0x4e, 0x47], "image/png"), ([0xff, 0xd8, 0xff], "image/jpeg"), (Array("GIF8".utf8), "image/gif"),
        (Array("II*\0".utf8), "image/tiff"), (Array("MM\0*".utf8), "image/tiff"),
        (Array("fLaC".utf8), "audio/flac"), (Array("OggS".utf8), "audio/ogg"), (Array("ID3".utf8), "audio/mpeg"),
        (Array("#!AMR".utf8), "audio/amr"), (Array("FLV\u{1}".utf8), "video/x-flv"),
        ([0x30, 0x26, 0xb2, 0x75, 0x8e, 0x66, 0xcf, 0x11], "video/x-ms-wmv"),
        ([0, 0, 1, 0xba], "video/mpeg"), ([0, 0, 1, 0xb3], "video/mpeg"),
    ]

    /// - Parameter head: the first bytes of media.
    /// - Returns: `nil` where they say nothing.
    package static func of(_ head: some Collection<UInt8>) -> String? {
        let head = Array(head.prefix(headLength))
        if let mark = marks.first(where: { head.starts(with: $0.bytes) }) { return mark.type }
        func word(_ place: Int) -> Substring {
            Substring(decoding: head.dropFirst(place).prefix(4), as: UTF8.self)
        }
        switch word(0) {
        case "RIFF":
            return ["WEBP": "image/webp", "WAVE": "audio/wav", "AVI ": "video/x-msvideo"][word(8)]
        case "FORM": if word(8) == "AIFF" || word(8) == "AIFC" { return "audio/aiff" }
        default: break
        }
        if word(4) == "ftyp" { return ofBrand(word(8)) }
        if head.starts(with: [0x1a, 0x45, 0xdf, 0xa3]) {
            return String(decoding: head, as: UTF8.self).contains("webm") ? "video/webm" : "video/x-matroska"
        }
        // Two letters say too little without the reserved bytes behind them.
        if head.starts(with: "BM".utf8), head.count > 10, head[6..<10].allSatisfy({ $0 == 0 }) { return "image/bmp" }
        let text = head.drop { [0xef, 0xbb, 0xbf, 0x20, 0x09, 0x0a, 0x0d].contains($0) }
        return text.starts(with: "%PDF-".utf8) ? "application/pdf" : ofFrame(head)
    }

    /// The major brand of an ISO media file (ISO/IEC 14496-12 §4.3).
    private static func ofBrand(_ brand: Substring) -> String {
        switch brand {
        case "heic", "heix", "heim", "heis", "hevc", "hevx": "image/heic"
        case "mif1", "msf1": "image/heif"
        case "avif", "avis": "image/avif"
        case "M4A ", "M4B ": "audio/mp4"
        case "qt  ": "video/quicktime"
        default: brand.hasPrefix("3g") ? "video/3gpp" : "video/mp4"
        }
    }

    /// A frame of MPEG audio without a tag before it: eleven bits that are set, then version and layer.
    private static func ofFrame(_ head: [UInt8]) -> String? {
        guard head.count > 2, head[0] == 0xff, head[1] & 0xe0 == 0xe0 else { return nil }
        if head[1] & 0xf6 == 0xf0 { return "audio/aac" }
        let isLayerThree = head[1] & 0x06 == 0x02 && head[1] & 0x18 != 0x08
        return isLayerThree && head[2] & 0xf0 != 0xf0 && head[2] & 0x0c != 0x0c ? "audio/mpeg" : nil
    }

    /// The same of media in base64.
    package static func of(base64 text: some StringProtocol) -> String? {
        // Four letters are three bytes; some may be line feeds.
        let beginning = Array(text.utf8.prefix(headLength * 2))
        return of(beginning.withUnsafeBytes { Base64.decodeBeginning(of: $0, limit: headLength) })
    }

    /// What the bytes say, else what somebody calls them.
    package static func of(base64 text: some StringProtocol, declared: String) -> String {
        let declared = normal(declared)
        guard let found = of(base64: text) else { return declared }
        // Films and sounds share their containers: which of them it is, the first bytes do not show.
        let containers = ["video/mp4", "audio/mp4", "video/webm", "audio/ogg", "video/3gpp"]
        let isSoundOrFilm = kind(declared) == .audio || kind(declared) == .video
        guard isSoundOrFilm, containers.contains(found) else { return found }
        return String(declared.prefix { $0 != "/" }) + found.drop { $0 != "/" }
    }

    /// In small letters, without parameters, and by its registered name.
    package static func normal(_ type: String) -> String {
        let plain = String(DataAddress.trimmed(type.prefix { $0 != ";" })).lowercased()
        return aliases[plain] ?? plain
    }

    private static let aliases = [
        "image/jpg": "image/jpeg", "image/pjpeg": "image/jpeg", "image/x-png": "image/png",
        "image/x-ms-bmp": "image/bmp", "audio/x-wav": "audio/wav", "audio/wave": "audio/wav",
        "audio/vnd.wave": "audio/wav", "audio/mp3": "audio/mpeg", "audio/x-mp3": "audio/mpeg",
        "audio/x-mpeg": "audio/mpeg", "audio/x-flac": "audio/flac", "audio/x-aiff": "audio/aiff",
        "audio/x-aac": "audio/aac", "audio/m4a": "audio/mp4", "audio/x-m4a": "audio/mp4",
        "application/x-pdf": "application/pdf",
    ]

    package static func kind(_ type: String) -> Kind {
        switch type.prefix(while: { $0 != "/" }) {
        case "image": .image
        case "audio": .audio
        case "video": .video
        case "text": .document
        case "application": type == "application/octet-stream" ? .unknown : .document
        default: .unknown
        }
    }

    /// What OpenAI's format calls a sound, such as `mp3`.
    package static func soundName(_ type: String) -> String {
        switch type {
        case "audio/mpeg": "mp3"
        case "audio/mp4": "m4a"
        default: type.hasPrefix("audio/") ? String(type.dropFirst(6)) : type
        }
    }

    /// By the end of a file's name.
    package static func of(name: String) -> String? {
        let end = name.split(separator: ".", omittingEmptySubsequences: false).dropFirst().last
        return end.flatMap { ends[$0.lowercased()] }
    }

    private static let ends = [
        "pdf": "application/pdf", "txt": "text/plain", "log": "text/plain", "md": "text/markdown", "csv": "text/csv",
        "html": "text/html", "xml": "text/xml", "json": "application/json", "png": "image/png", "jpg": "image/jpeg",
        "jpeg": "image/jpeg", "gif": "image/gif", "webp": "image/webp", "mp3": "audio/mpeg", "wav": "audio/wav",
        "mp4": "video/mp4",
    ]
}
