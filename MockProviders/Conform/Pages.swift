import JSON

/// The pages that an answer names as its sources.
struct Pages {
    private(set) var addresses: [String] = []
    private var hasAnnotations = false
    private var otherMember: String?

    /// The member that holds them, if it is not OpenAI's `annotations`.
    var dialect: String? { hasAnnotations ? nil : otherMember }

    init() {}

    /// - Parameter answer: a whole answer, not a stream.
    init(_ answer: JSON) {
        add(beside: answer)
        if let message = answer["choices"]?[0]?["message"] { add(of: message) }
    }

    mutating func add(beside answer: JSON) {
        take(answer["search_results"], from: "search_results")
        take(answer["citations"], from: "citations")
        for metadata in answer["vertex_ai_grounding_metadata"]?.array ?? [] {
            let pages = (metadata["groundingChunks"]?.array ?? []).compactMap { $0["web"] }
            take(.array(pages), from: "vertex_ai_grounding_metadata")
        }
    }

    mutating func add(of message: JSON) {
        take(message["annotations"], from: nil)
        let fields = message["provider_specific_fields"]
        for name in ["citations", "search_results", "web_search_results"] {
            take(fields?[name], from: "provider_specific_fields")
        }
    }

    private mutating func take(_ list: JSON?, from name: String?) {
        for found in Self.urls(in: list ?? .null) {
            addresses.append(found)
            if let name { otherMember = name } else { hasAnnotations = true }
        }
    }

    /// The addresses in a list. Lists may be nested, since some targets group the citations of one block.
    private static func urls(in list: JSON) -> [String] {
        (list.array ?? []).flatMap { item -> [String] in
            if item.array != nil { return urls(in: item) }
            if let address = item.string { return [address] }
            let page = item["url_citation"] ?? item
            return [page["url"]?.string ?? page["uri"]?.string].compactMap(\.self)
        }
    }
}
