import JSON

extension Azure {
    /// Turns OpenAI's chat answers into Azure's: compact, with the keys in alphabetical order and the filter's results
    /// (spec/wire/azure.md §3.2, §4).
    struct ChatLayout {
        let api: API
        let filter: Filter
        /// A number that follows from the request.
        let seed: UInt64

        func whole(_ bytes: [UInt8]) -> [UInt8] {
            guard var root = Self.read(bytes) else { return bytes }
            root.remove("service_tier")
            // The results are added after the keys are sorted, because they have an order of their own.
            root = root.sorted
            root.change("choices") { choice in
                choice.change(object: "message") { message in
                    if !api.has(since: "2025-01-01") { message.remove("annotations") }
                    if filter.hasData { message.insert("context", context) }
                }
                if filter.mode != .off { choice.insert("content_filter_results", results(of: choice)) }
            }
            if filter.mode != .off { root.insert(promptField, filter.promptResults) }
            return JSON.object(root).encoded() + [0x0a]
        }

        private func results(of choice: JSONObject) -> JSON {
            let finish = choice["finish_reason"]?.string
            if choice["message"]?["tool_calls"] != nil { return [:] }
            return filter.choiceResults(isFiltered: finish == "content_filter")
        }

        func stream(_ events: [[UInt8]]) -> [[UInt8]] {
            var output: [[UInt8]] = []
            output.reserveCapacity(events.count + 1)
            if filter.mode != .off { output.append(opening) }
            var checks: [Int64: Check] = [:]
            for event in events {
                guard var root = Self.read(Array(event.dropFirst(6))) else {
                    output.append(event)
                    continue
                }
                root.remove("service_tier")
                if !api.has(since: "2025-04-01") { root.remove("obfuscation") }
                root = root.sorted
                var late: [JSON] = []
                root.change("choices") { choice in
                    if filter.hasData, choice["delta"]?["role"] != nil {
                        choice.change(object: "delta") { $0.insert("context", context) }
                    }
                    switch filter.mode {
                    case .off: break
                    case .asynchronous:
                        let index = choice["index"]?.int ?? 0
                        if let finding = checks[index, default: Check(index: index)].finding(on: choice, filter) {
                            late.append(finding)
                        }
                    case .standard, .failed: choice.insert("content_filter_results", pieceResults(of: choice))
                    }
                }
                output.append(Self.event(JSON.object(root).encoded()))
                for finding in late {
                    output.append(Self.event(Self.nameless(choices: [finding])))
                }
            }
            return output
        }

        /// Adds the results to a chunk with text. The first chunk, chunks with tool calls and the last chunk have none,
        /// unless the filter ended the choice.
        private func pieceResults(of choice: JSONObject) -> JSON {
            if choice["finish_reason"]?.string == "content_filter" { return filter.pieceResults(isFiltered: true) }
            return Check.text(of: choice).isEmpty ? [:] : filter.pieceResults(isFiltered: false)
        }

        /// The first chunk has the results for the prompt, and neither choices nor names.
        private var opening: [UInt8] {
            Self.event(Self.nameless(choices: [], (promptField, filter.promptResults)))
        }

        /// The member had another name in the previews of mid-2023.
        private var promptField: String {
            api.has(since: "2023-08-01") ? "prompt_filter_results" : "prompt_annotations"
        }

        /// The sources of an answer that uses the customer's own data.
        private var context: JSON {
            var random = Seeded(seed)
            let intent = JSON.array([.string(filter.lastUserText)]).text
            return [
                "citations": [
                    [
                        "content": "The mock's own document.", "title": "mock.md", "url": .null,
                        "filepath": .string("mock-\(random.hex(8)).md"), "chunk_id": "0",
                    ]
                ],
                "intent": .string(intent),
            ]
        }

        private static func read(_ bytes: [UInt8]) -> JSONObject? { (try? JSON.parse(bytes))?.object }

        /// A chunk that only reports the filter's results.
        private static func nameless(choices: JSON, _ more: (String, JSON)? = nil) -> [UInt8] {
            var root: JSONObject = ["choices": choices, "created": 0, "id": "", "model": "", "object": ""]
            if let more { root.append(more.0, more.1) }
            return JSON.object(root).encoded()
        }

        private static func event(_ json: [UInt8]) -> [UInt8] { Array("data: ".utf8) + json + [0x0a, 0x0a] }
    }
}
