import JSON

extension Claude {
    /// A block of a message: the values that the mock needs.
    struct Block {
        let type: String
        /// The text that is counted.
        private(set) var text = ""
        /// The tokens beyond those of the text.
        private(set) var extraTokens = 0
        private(set) var hash = StableHash()
        /// The id of a call, or of the call that a result answers.
        private(set) var id: String?
        private(set) var images = 0
        private(set) var seal: Seal.Verdict?
        private(set) var marker: Int?
        private(set) var source: Citation.Source?

        var isThinking: Bool { type == "thinking" || type == "redacted_thinking" }

        private static let ofUser = ["text", "image", "document", "search_result", "tool_result", "container_upload"]
        private static let ofResult = ["text", "image", "document", "search_result", "tool_reference"]
        /// The types of blocks that both roles may use.
        private static let ofBoth = ["text", "compaction"]

        init(text: String) {
            type = "text"
            self.text = text
            hash.mix(type)
            hash.mix(text)
        }

        /// - Parameter role: `user` or `assistant`; `result` inside a tool's result.
        init(_ view: JSONView, _ path: String, role: String, _ betas: Betas) throws(Failure) {
            guard view.isObject else { throw .at(path, "Input should be a valid dictionary") }
            guard let tag = view["type"] else { throw .missing(path + ".type") }
            guard let type = tag.string else { throw .at(path + ".type", "Input should be a valid string") }
            guard let shape = Shape.blocks[type] else { throw .badTag(path, type, Shape.blocks.keys.sorted()) }
            self.type = type
            try Self.checkPlace(type, role, path)
            let place = "\(path).\(type)"
            try shape.check(view, place, betas)
            marker = try Prefix.marker(view, place, betas)
            hash.mix(type)
            try read(view, place, path, betas)
            hash.mix(text)
        }

        private static func checkPlace(_ type: String, _ role: String, _ path: String) throws(Failure) {
            switch role {
            case "result": if !ofResult.contains(type) { throw .badTag(path, type, ofResult) }
            case "user":
                if !ofUser.contains(type), !ofBoth.contains(type) {
                    throw .at(path, "`\(type)` blocks can only be in `assistant` messages")
                }
            case "system": if type != "text" { throw .badTag(path, type, ["text"]) }
            default:
                if ofUser.contains(type), !ofBoth.contains(type) {
                    throw .at(path, "`\(type)` blocks can only be in `user` messages")
                }
            }
        }

        private mutating func read(_ view: JSONView, _ place: String, _ path: String, _ betas: Betas) throws(Failure) {
            switch type {
            case "text": text = try Self.said(view["text"]?.string ?? "")
            case "image": try readImage(view["source"], path, betas)
            case "document": try readDocument(view, place, betas)
            case "search_result": try readSearch(view, place, betas)
            case "thinking":
                let thought = view["thinking"]?.string ?? ""
                seal = Seal.check(view["signature"]?.string ?? "", of: thought)
                text = thought
            case "redacted_thinking": seal = Seal.isRedacted(view["data"]?.string ?? "") ? .genuine : .forged
            case "tool_use", "server_tool_use", "mcp_tool_use":
                id = view["id"]?.string
                text = (view["name"]?.string ?? "") + (view["input"].map { JSON($0).text } ?? "")
            case "tool_result":
                id = view["tool_use_id"]?.string
                try readParts(view["content"], place + ".content", betas)
            default: text = view["content"].map { JSON($0).text } ?? ""
            }
        }

        /// A text that is not empty and not blank.
        static func said(_ text: String) throws(Failure) -> String {
            if text.isEmpty { throw .at("messages", "text content blocks must be non-empty") }
            guard text.utf8.contains(where: { $0 > 0x20 }) else {
                throw .at("messages", "text content blocks must contain non-whitespace text")
            }
            return text
        }

        // MARK: Blocks with blocks inside

        private mutating func readParts(_ content: JSONView?, _ path: String, _ betas: Betas) throws(Failure) {
            guard let content, !content.isNull else { return }
            if let whole = content.string {
                text = whole
                return
            }
            var index = 0
            try content.forEachElement { (item) throws(Failure) in
                let part = try Block(item, "\(path).\(index)", role: "result", betas)
                text += part.text
                extraTokens += part.extraTokens
                images += part.images
                marker = marker ?? part.marker
                withUnsafeBytes(of: part.hash.value) { hash.mix($0) }
                index += 1
            }
        }

        private mutating func readSearch(_ view: JSONView, _ place: String, _ betas: Betas) throws(Failure) {
            try readParts(view["content"], place + ".content", betas)
            let title = view["title"]?.string ?? ""
            let address = view["source"]?.string ?? ""
            if view["citations"]?["enabled"]?.bool == true {
                source = Citation.Source(kind: .search(address), title: title, text: text)
            }
            text += title + address
        }

        // MARK: Sources

        private mutating func readSource(
            _ source: JSONView?, _ place: String, _ kinds: [String], _ betas: Betas
        ) throws(Failure) -> (kind: String, view: JSONView) {
            let path = place + ".source"
            guard let source, source.isObject else { throw .missing(path) }
            guard let kind = source["type"]?.string else { throw .missing(path + ".type") }
            guard kinds.contains(kind), let shape = Shape.sources[kind] else { throw .badTag(path, kind, kinds) }
            try shape.check(source, "\(path).\(kind)", betas)
            source["data"]?.withUTF8 { hash.mix($0) }
            hash.mix(source["url"]?.string ?? source["file_id"]?.string ?? "")
            return (kind, source)
        }

        private mutating func readImage(_ source: JSONView?, _ path: String, _ betas: Betas) throws(Failure) {
            let (kind, view) = try readSource(source, path + ".image", ["base64", "url", "file"], betas)
            images = 1
            extraTokens = 1600
            guard kind == "base64" else { return }
            let types = ["image/jpeg", "image/png", "image/gif", "image/webp"]
            guard types.contains(view["media_type"]?.string ?? "") else {
                throw .badChoice("\(path).image.source.base64.media_type", types)
            }
            extraTokens = try Picture(view["data"]?.string ?? "", path).tokens
        }

        private mutating func readDocument(_ view: JSONView, _ place: String, _ betas: Betas) throws(Failure) {
            let kinds = ["base64", "url", "text", "content", "file"]
            let (kind, source) = try readSource(view["source"], place, kinds, betas)
            var origin = Citation.Kind.pages
            switch kind {
            case "text":
                text = source["data"]?.string ?? ""
                origin = .characters
            case "content":
                try readParts(source["content"], place + ".source.content.content", betas)
                origin = .blocks
            case "base64":
                guard source["media_type"]?.equals("application/pdf") == true else {
                    throw .badChoice("\(place).source.base64.media_type", ["application/pdf"])
                }
                extraTokens = 1500 + (source["data"]?.string?.utf8.count ?? 0) / 64
            default: extraTokens = 1500
            }
            let title = view["title"]?.string
            if view["citations"]?["enabled"]?.bool == true {
                let fileID = source["file_id"]?.string
                self.source = Citation.Source(kind: origin, title: title, text: text, fileID: fileID)
            }
            text += (title ?? "") + (view["context"]?.string ?? "")
        }
    }
}
