import Chat
import JSON

/// Parts that are media. Which kind each is, its bytes say: clients send PDFs as `image_url`, pictures as `file`, and
/// name types that are wrong.
enum OpenAIMediaDecoder {
    /// - Returns: `nil` for parts of other types.
    static func part(_ type: String, _ reader: inout FieldReader) throws(RequestError) -> Part.Content? {
        switch type {
        case "image_url":
            var image = try reader.requiredReader("image_url")
            let media = Media(address: try image.requiredString("url"))
            return content(media, as: .image, detail: try image.string("detail"))
        case "video_url":
            var video = try reader.requiredReader("video_url")
            return content(Media(address: try video.requiredString("url")), as: .video)
        case "input_audio": return try sound(&reader)
        case "file": return try file(&reader)
        default: return nil
        }
    }

    private static func content(
        _ media: Media, as stated: MediaType.Kind, detail: String? = nil, name: String? = nil
    ) -> Part.Content {
        var kind = stated
        if case .base64(let type, _) = media, MediaType.kind(type) != .unknown { kind = MediaType.kind(type) }
        switch kind {
        case .image: return .image(media, detail: detail)
        case .video: return .video(media)
        case .document, .unknown: return .document(media, name: name)
        case .audio:
            guard case .base64(let type, let data) = media else { return .audio(media) }
            return .audio(.base64(type: MediaType.soundName(type), data: data))
        }
    }

    private static func sound(_ reader: inout FieldReader) throws(RequestError) -> Part.Content {
        var audio = try reader.requiredReader("input_audio")
        let media = Media(sound: try audio.requiredString("data"), format: try audio.string("format") ?? "")
        if case .base64(type: "", _) = media { throw audio.missing("format") }
        return content(media, as: .audio)
    }

    private static func file(_ reader: inout FieldReader) throws(RequestError) -> Part.Content {
        var file = try reader.requiredReader("file")
        let name = try file.string("filename")
        if let id = try file.string("file_id") { return .document(.fileID(id), name: name) }
        var media = Media(address: try file.requiredString("file_data"))
        if case .url(let text) = media, isBase64(text) { media = Media(base64: text) }
        if case .base64(let type, let data) = media, MediaType.kind(type) == .unknown {
            media = .base64(
                type: name.flatMap { MediaType.of(name: $0) } ?? (type.isEmpty ? "application/octet-stream" : type),
                data: data)
        }
        return content(media, as: .document, name: name)
    }

    /// Whether there is nothing in a text but base64, of whatever alphabet.
    private static func isBase64(_ text: String) -> Bool {
        var data = Base64.normal(text)
        return !data.isEmpty && Base64.isNormal(&data)
    }
}

/// Pictures in what an assistant said.
extension OpenAIMediaDecoder {
    /// Text parts with pictures in Markdown become texts and pictures, so that nobody reads base64 as text.
    static func withPictures(_ parts: [Part]) -> [Part] {
        var split: [Part] = []
        for part in parts {
            guard case .text(var text) = part.content else {
                split.append(part)
                continue
            }
            var pieces: [Part] = []
            text.withUTF8 { bytes in
                MarkdownPictures.forEach(in: UnsafeRawBufferPointer(bytes)) { piece in
                    switch piece {
                    case .text(let piece): pieces.append(.text(String(decoding: piece, as: UTF8.self)))
                    case .picture(let address):
                        let media = Media(address: String(decoding: address, as: UTF8.self))
                        pieces.append(Part(.image(media, detail: nil)))
                    }
                }
            }
            if pieces.count == 1, case .text = pieces[0].content { pieces = [part] }
            if let last = pieces.indices.last { pieces[last].cacheBreakpoint = part.cacheBreakpoint }
            split += pieces
        }
        return split
    }

    /// The pictures of `images`, as OpenRouter and LiteLLM have them. What is none is left to upstreams of OpenAI's format.
    static func pictures(_ images: JSON?) -> [Part] {
        (images?.array ?? []).compactMap { item in
            guard let address = item["image_url"]?["url"]?.string ?? item["image_url"]?.string ?? item.string else {
                return nil
            }
            let signature = item["extra_content"]?["google"]?["thought_signature"]?.string
            return Part(.image(Media(address: address), detail: nil), thoughtSignature: signature)
        }
    }
}
