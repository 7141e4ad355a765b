import JSON

extension Azure {
    /// The progress of the asynchronous filter in a streamed choice. The text is sent at once and judged later
    /// (spec/wire/azure.md §4).
    struct Check {
        private static let stride = 8

        let index: Int64
        private var pieces = 0
        /// The end of the judged text and the end of the sent text, counted in Unicode scalars.
        private var start = 0
        private var end = 0

        init(index: Int64) { self.index = index }

        /// The text in a chunk of a choice.
        static func text(of choice: JSONObject) -> String {
            let delta = choice["delta"]
            return delta?["content"]?.string ?? delta?["refusal"]?.string ?? ""
        }

        /// The filter's results after this chunk. They come now and then, and at the end.
        mutating func finding(on choice: JSONObject, _ filter: Filter) -> JSON? {
            let text = Self.text(of: choice)
            end += text.unicodeScalars.count
            if !text.isEmpty { pieces += 1 }
            let finish = choice["finish_reason"]?.string
            guard finish != nil || (!text.isEmpty && pieces % Self.stride == 0) else { return nil }
            defer { start = end }
            return [
                "index": .int(index), "finish_reason": .null,
                "content_filter_results": filter.pieceResults(isFiltered: finish == "content_filter"),
                "content_filter_raw": [],
                "content_filter_offsets": [
                    "check_offset": .int(start), "start_offset": .int(start), "end_offset": .int(end),
                ],
            ]
        }
    }
}
