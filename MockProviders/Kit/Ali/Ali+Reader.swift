import JSON

extension Ali {
    /// The content of one message: its text, and the tokens of its media.
    struct Reader {
        let writing: Writing
        let model: Model
        /// The header `X-DashScope-OssResourceResolve` was sent.
        let resolves: Bool
        private(set) var text = ""
        private(set) var imageCount = 0
        private(set) var imageTokens = 0
        private(set) var audioTokens = 0
        private(set) var videoTokens = 0
        private(set) var documentTokens = 0
        /// The addresses of the media, which also distinguish prompts.
        private(set) var addresses = ""

        init(writing: Writing, model: Model, resolves: Bool) {
            self.writing = writing
            self.model = model
            self.resolves = resolves
        }

        var hasMedia: Bool { imageTokens + audioTokens + videoTokens > 0 }

        mutating func read(_ content: JSONView?, _ role: String) throws(Failure) {
            guard let content, !content.isNull else { return }
            if let whole = content.string {
                // On the multimodal path users and systems have to write parts. Assistants and tools may write strings.
                let isRight = writing != .keyed || role == "assistant" || role == "tool"
                guard isRight else { throw .badRequest }
                text = whole
                return
            }
            guard content.isArray, writing != .plain || model.takesParts else { throw .badRequest }
            try content.forEachElement { (part) throws(Failure) in
                guard part.isObject else { throw .badRequest }
                switch writing {
                case .plain: try readPlain(part)
                case .keyed: try readKeyed(part)
                case .typed: try readTyped(part)
                }
            }
        }

        /// A text with or without a `type` (one with a mark for the cache has it), or addresses of documents. Pictures
        /// are refused.
        private mutating func readPlain(_ part: JSONView) throws(Failure) {
            switch part["type"]?.string {
            case "doc_url":
                guard let list = part["doc_url"], list.isArray, list.arrayCount > 0 else { throw .badRequest }
                try list.forEachElement { (address) throws(Failure) in
                    try check(address)
                    documentTokens += 512
                }
            case nil where part["type"] == nil, "text": try add(part["text"])
            default: throw .badRequest
            }
        }

        private mutating func readKeyed(_ part: JSONView) throws(Failure) {
            // OpenAI's parts belong to the compatible mode.
            if part["type"] != nil { throw .badRequest }
            if let words = part["text"] {
                try add(words)
            } else if let image = part["image"] {
                try addImage(image)
            } else if let audio = part["audio"] {
                try check(audio)
                audioTokens += 128
            } else if let video = part["video"] {
                try addVideo(video)
            } else {
                throw .badRequest
            }
        }

        private mutating func readTyped(_ part: JSONView) throws(Failure) {
            switch part["type"]?.string {
            case "text": try add(part["text"])
            case "image_url" where model.kind == .vision || isMock: try addImage(part["image_url"]?["url"])
            case "input_audio" where model.kind == .vision || isMock:
                try check(part["input_audio"]?["data"])
                audioTokens += 128
            case "video" where model.kind == .vision || isMock: try addVideo(part["video"])
            case "video_url" where model.kind == .vision || isMock: try addVideo(part["video_url"]?["url"])
            default: throw .badRequest
            }
        }

        private var isMock: Bool { model.id.firstRange(of: "mock-") != nil }

        private mutating func add(_ words: JSONView?) throws(Failure) {
            guard let words = words?.string else { throw .badRequest }
            text += words
        }

        private mutating func addImage(_ image: JSONView?) throws(Failure) {
            try check(image)
            imageCount += 1
            imageTokens += 256
        }

        /// A video is an address or a list of frames.
        private mutating func addVideo(_ video: JSONView?) throws(Failure) {
            guard let video else { throw .badRequest }
            if video.isArray {
                guard video.arrayCount > 0 else { throw .badRequest }
                try video.forEachElement { (frame) throws(Failure) in try check(frame) }
                videoTokens += 128 * video.arrayCount
            } else {
                try check(video)
                videoTokens += 1024
            }
        }

        private mutating func check(_ media: JSONView?) throws(Failure) {
            guard let address = media?.string, !address.isEmpty else { throw .badRequest }
            if address.hasPrefix("data:") {
                guard let comma = address.firstIndex(of: ","), address[..<comma].hasSuffix(";base64"),
                    let bytes = Base64.decode(address[address.index(after: comma)...]), !bytes.isEmpty
                else { throw .badURL }
            } else if address.hasPrefix("oss://") {
                guard resolves else { throw .badURL }
            } else if !address.hasPrefix("http://"), !address.hasPrefix("https://") {
                throw .badURL
            }
            if address.firstRange(of: "mock-blocked") != nil { throw .badInput }
            if address.firstRange(of: "mock-missing") != nil { throw .noMedia }
            addresses += address
        }
    }
}
