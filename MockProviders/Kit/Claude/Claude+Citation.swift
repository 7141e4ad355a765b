extension Claude {
    /// The source of a text (spec/wire/anthropic.md §3.3).
    struct Citation: Sendable {
        enum Kind: Sendable {
            case characters, pages, blocks
            case search(String)
            /// A page that the web search found.
            case web(String)
        }

        struct Source: Sendable {
            let kind: Kind
            let title: String?
            let text: String
            var fileID: String?
        }

        let source: Source
        /// The source's index among the request's documents or search results.
        let index: Int

        /// The beginning of the source. The mock always cites it.
        private var cited: String {
            var end = source.text.startIndex
            var count = 0
            for index in source.text.indices {
                end = source.text.index(after: index)
                count += 1
                if source.text[index] == "." || count == 80 { break }
            }
            return String(source.text[..<end])
        }

        func write(to document: inout Document) {
            document.object { citation in
                switch source.kind {
                case .characters: writeRange("char", 0, cited.count, &citation)
                case .pages: writeRange("page", 1, 2, &citation)
                case .blocks: writeRange("content_block", 0, 1, &citation)
                case .search(let address): writeSearch(address, &citation)
                case .web(let address): writeWeb(address, &citation)
                }
            }
        }

        private func writeRange(_ kind: String, _ start: Int, _ end: Int, _ citation: inout Document) {
            let unit = kind == "page" ? "page_number" : kind == "char" ? "char_index" : "block_index"
            citation.member("type", "\(kind)_location")
            citation.member("cited_text", cited)
            citation.member("document_index", index)
            citation.member("document_title", source.title)
            citation.key("start_\(unit)")
            citation.int(start)
            citation.key("end_\(unit)")
            citation.int(end)
            citation.member("file_id", source.fileID)
        }

        private func writeSearch(_ address: String, _ citation: inout Document) {
            citation.member("type", "search_result_location")
            citation.member("cited_text", cited)
            citation.member("search_result_index", index)
            citation.member("source", address)
            citation.member("title", source.title)
            citation.member("start_block_index", 0)
            citation.member("end_block_index", 1)
        }

        private func writeWeb(_ address: String, _ citation: inout Document) {
            citation.member("type", "web_search_result_location")
            citation.member("cited_text", cited)
            citation.member("url", address)
            citation.member("title", source.title)
            citation.member("encrypted_index", Base64.encode(Array(address.utf8)))
        }
    }
}
