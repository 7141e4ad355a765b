import JSON
import Tokenizer

/// One part of a message, checked: its text, or the tokens that it counts.
struct ContentPart {
    private(set) var text = ""
    private(set) var tokens = 0
    private(set) var isImage = false

    init(_ part: JSONView, _ path: String, _ message: String, _ role: String, _ model: Model) throws(Failure) {
        guard part.isObject else { throw .wrongType(path, "an object", part) }
        guard let type = part["type"]?.string else { throw .missing("\(path).type") }
        switch (type, role) {
        case ("text", _): text = try Self.string(part, "text", path)
        case ("refusal", "assistant"): text = try Self.string(part, "refusal", path)
        case ("image_url", "user"):
            guard model.traits.contains(.sees) else { throw .invalid(Self.blind, param: "\(path).type") }
            try readImage(part["image_url"], "\(path).image_url", model)
        case ("input_audio", "user"): try readAudio(part["input_audio"], "\(path).input_audio")
        case ("file", "user"): try readFile(part["file"], "\(path).file")
        default:
            throw .invalid(
                "Invalid '\(message)'. Content blocks are expected to be either text or image_url type.",
                param: message, code: "invalid_value")
        }
    }

    private static let blind = "Invalid content type. image_url is only supported by certain models."

    private static func string(_ part: JSONView, _ name: StaticString, _ path: String) throws(Failure) -> String {
        guard let value = part[name] else { throw .missing("\(path).\(name)") }
        guard let text = value.string else { throw .wrongType("\(path).\(name)", "a string", value) }
        return text
    }

    private mutating func readImage(_ image: JSONView?, _ path: String, _ model: Model) throws(Failure) {
        guard let image, image.isObject else { throw .missing(path) }
        let url = try Self.string(image, "url", path)
        let detail = image["detail"]?.string
        if let detail, !["auto", "low", "high"].contains(detail) {
            throw .badChoice("\(path).detail", detail, ["low", "high", "auto"])
        }
        isImage = true
        var size = (width: 512, height: 512)
        if url.hasPrefix("data:") {
            size = try Self.dataImage(url, path) ?? size
        } else if !url.hasPrefix("http://"), !url.hasPrefix("https://") {
            throw .invalid(
                "Invalid '\(path).url'. Expected a valid URL, but got a value with an invalid format.",
                param: "\(path).url", code: "invalid_image_url")
        }
        tokens = ImageTokens.count(model: model.id, detail: detail, width: size.width, height: size.height)
    }

    private static func dataImage(_ url: String, _ path: String) throws(Failure) -> (width: Int, height: Int)? {
        let kinds = ["png", "jpeg", "jpg", "gif", "webp"].map { "data:image/\($0);base64," }
        guard let prefix = kinds.first(where: { url.hasPrefix($0) }) else {
            throw .invalid(
                "You uploaded an unsupported image. Please make sure your image has of one the following formats: "
                    + "['png', 'jpeg', 'gif', 'webp'].", param: "\(path).url", code: "invalid_image_format")
        }
        guard let bytes = Base64.decode(url.dropFirst(prefix.count)), !bytes.isEmpty else {
            throw .invalid(
                "Invalid base64 image_url. Please check your base64 encoding.", param: "\(path).url",
                code: "invalid_base64")
        }
        // Only a PNG keeps its size in a fixed place (RFC 2083 §4.1.1); others count as 512 by 512.
        guard bytes.count >= 24, PictureFormat(bytes) == .png else { return nil }
        func number(_ start: Int) -> Int { bytes[start..<(start + 4)].reduce(0) { $0 << 8 | Int($1) } }
        return (number(16), number(20))
    }

    private mutating func readAudio(_ audio: JSONView?, _ path: String) throws(Failure) {
        guard let audio, audio.isObject else { throw .missing(path) }
        let data = try Self.string(audio, "data", path)
        let format = try Self.string(audio, "format", path)
        guard ["wav", "mp3"].contains(format) else { throw .badChoice("\(path).format", format, ["wav", "mp3"]) }
        guard let bytes = Base64.decode(data) else {
            throw .invalid("Invalid base64 audio data.", param: "\(path).data", code: "invalid_base64")
        }
        tokens = max(1, bytes.count / 4800)
    }

    private mutating func readFile(_ file: JSONView?, _ path: String) throws(Failure) {
        guard let file, file.isObject else { throw .missing(path) }
        if file["file_id"]?.string != nil {
            tokens = 100
            return
        }
        let data = try Self.string(file, "file_data", path)
        guard data.hasPrefix("data:"), let comma = data.firstIndex(of: ","),
            let bytes = Base64.decode(data[data.index(after: comma)...])
        else {
            throw .invalid(
                "Invalid file data: '\(path).file_data'. Expected a base64-encoded data URL with a valid file MIME "
                    + "type.", param: "\(path).file_data", code: "invalid_value")
        }
        tokens = max(1, bytes.count / 4)
    }
}
