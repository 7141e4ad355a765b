import Arithmetic
package import Chat
package import JSON

/// Whole answers of pictures, and what they cost.
extension OpenAIAnswer {
    /// Reads the usage of pictures; `nil` if it is absent or all zero.
    static func paintedUsage(_ value: JSONView?) -> Usage? {
        guard let value, value.isObject else { return nil }
        func number(_ value: JSONView?) -> Int64? {
            if let int = value?.int { return min(max(0, int), Usage.most) }
            return value?.double.flatMap { $0 > 0 && $0 < 1e12 ? Int64($0) : nil }
        }
        let input = value["input_tokens_details"]
        let output = number(value["output_tokens"]) ?? 0
        var usage = Usage(
            promptTokens: number(value["input_tokens"]) ?? 0, completionTokens: output,
            cachedTokens: number(input?["cached_tokens"]) ?? 0)
        usage.imagePromptTokens = number(input?["image_tokens"]) ?? 0
        let details = value["output_tokens_details"]
        // Unless it is said, what a model paints is pictures.
        usage.imageCompletionTokens =
            number(details?["image_tokens"]) ?? output.minus(number(details?["text_tokens"]) ?? 0)
        return usage.totalTokens > 0 ? usage : nil
    }

    /// A whole answer's pictures.
    package struct Pictures: Sendable {
        package var usage: Usage?
        /// `nil` where the answer is no list.
        package var count: Int64?
        package var size: String?
        package var quality: String?
    }

    /// - Throws: what the body is instead of an answer.
    package static func pictures(
        _ body: [UInt8], status: Int, contentType: String?, parser: JSONParser
    ) throws(UpstreamFailure) -> Pictures {
        _ = try OpenAIErrors.checkedUsage(of: body, status: status, contentType: contentType, parser: parser)
        var pictures = Pictures()
        guard let root = try? parser.parse(body) else { return pictures }
        pictures.usage = paintedUsage(root["usage"])
        if let data = root["data"], data.isArray { pictures.count = Int64(data.arrayCount) }
        pictures.size = root["size"]?.string
        pictures.quality = root["quality"]?.string
        return pictures
    }

    /// A whole answer as the events of a stream, for a client that asked for one where the upstream did not.
    package static func pictureEvents(_ body: [UInt8]) -> [UInt8] {
        guard let root = try? JSON.parse(body) else { return [] }
        let data = root["data"]?.array ?? []
        var output: [UInt8] = []
        for (index, picture) in data.enumerated() {
            var event: JSONObject = ["type": "image_generation.completed"]
            for member in picture.object?.members ?? [] { event.append(member.key, member.value) }
            if let created = root["created"] { event.append("created_at", created) }
            for name in ["size", "quality", "background", "output_format"] {
                if let value = root[name] { event.append(name, value) }
            }
            if index == data.count - 1, let usage = root["usage"] { event.append("usage", usage) }
            output += "event: image_generation.completed\ndata: ".utf8
            output += JSON.object(event).encoded()
            output += "\n\n".utf8
        }
        return output
    }
    /// The events of a stream as a whole answer, for a client that asked for one where the upstream streams all the same.
    /// - Returns: the first event that is an error, if there is one; `nil` where the stream has no picture.
    package static func pictures(ofEvents body: [UInt8]) -> [UInt8]? {
        var stream = OpenAIImageStream()
        stream.feed(body)
        stream.flush()
        var pictures: [JSON] = []
        var root = JSONObject()
        let common: Set = ["usage", "size", "quality", "background", "output_format"]
        while let event = stream.next() {
            guard let members = (try? LazyJSON.parse(event.data))?.json.object else { continue }
            let type = members["type"]?.string ?? ""
            if type == "error" || members["error"].map({ !$0.isNull }) == true { return event.data }
            guard type.hasSuffix(".completed") else { continue }
            var picture = JSONObject()
            for member in members.members where member.key != "type" {
                if member.key == "created_at" {
                    root["created"] = member.value
                } else if common.contains(member.key) {
                    root[member.key] = member.value
                } else {
                    picture.append(member.key, member.value)
                }
            }
            pictures.append(.object(picture))
        }
        guard !pictures.isEmpty else { return nil }
        root["data"] = .array(pictures)
        return JSON.object(root).encoded()
    }
}
