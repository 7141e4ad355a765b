import JSON

extension Azure {
    /// The content filter of a deployment, and its verdict on a request (spec/wire/azure.md §3.2).
    struct Filter {
        enum Mode { case standard, asynchronous, failed, off }

        /// The category in which the filter found something.
        enum Guilt { case violence, jailbreak }

        private(set) var mode = Mode.standard
        private(set) var imageCount = 0
        /// The request names data of the customer's own.
        private(set) var hasData = false
        private(set) var lastUserText = ""

        init() {}

        /// The deployment's name tells how its filter is set up.
        init(deployment name: String) {
            if name.firstRange(of: "mock-async-filter") != nil { mode = .asynchronous }
            if name.firstRange(of: "mock-filter-error") != nil { mode = .failed }
            if name.firstRange(of: "mock-no-filter") != nil { mode = .off }
        }

        var blocked: Guilt? {
            if mode == .off { return nil }
            if lastUserText.firstRange(of: "mock-blocked") != nil { return .violence }
            return lastUserText.firstRange(of: "mock-jailbreak") != nil ? .jailbreak : nil
        }

        /// Reads the texts and images that the filter checks. Other code checks their shape.
        mutating func read(_ body: JSONView) {
            lastUserText = body["prompt"]?.string ?? ""
            if let prompts = body["prompt"], prompts.isArray {
                prompts.forEachElement { lastUserText += $0.string ?? "" }
            }
            if let sources = body["data_sources"], sources.isArray { hasData = sources.arrayCount > 0 }
            guard let messages = body["messages"], messages.isArray else { return }
            messages.forEachElement { message in
                guard message.isObject, let content = message["content"] else { return }
                var text = content.string ?? ""
                if content.isArray {
                    content.forEachElement { part in
                        guard part.isObject else { return }
                        text += part["text"]?.string ?? ""
                        if part["image_url"] != nil { imageCount += 1 }
                    }
                }
                if message["role"]?.equals("user") == true { lastUserText = text }
            }
        }

        // MARK: Results

        /// The results for the text of the prompt, and then for each image.
        var promptResults: JSON {
            .array(
                (0...imageCount).map { index in
                    [
                        "prompt_index": .int(index),
                        "content_filter_results": mode == .failed ? Self.failure : Self.prompt(),
                    ]
                })
        }

        /// The results for a choice of a whole answer.
        func choiceResults(isFiltered: Bool) -> JSON {
            mode == .failed ? Self.failure : Self.completion(isFiltered: isFiltered)
        }

        /// The results for a piece of a stream.
        func pieceResults(isFiltered: Bool) -> JSON {
            mode == .failed ? Self.failure : Self.severities(isFiltered ? .violence : nil)
        }

        /// The results for an input: severities, and attacks on the model.
        static func prompt(_ guilt: Guilt? = nil) -> JSON {
            with(severities(guilt), ["jailbreak": detection(guilt == .jailbreak)])
        }

        /// The results for an output: severities, and protected material.
        private static func completion(isFiltered: Bool) -> JSON {
            with(
                severities(isFiltered ? .violence : nil),
                ["protected_material_code": detection(false), "protected_material_text": detection(false)])
        }

        private static func severities(_ guilt: Guilt?) -> JSON {
            let safe: JSON = ["filtered": false, "severity": "safe"]
            let violence: JSON = guilt == .violence ? ["filtered": true, "severity": "medium"] : safe
            return ["hate": safe, "self_harm": safe, "sexual": safe, "violence": violence]
        }

        private static func detection(_ isFound: Bool) -> JSON {
            ["filtered": .bool(isFound), "detected": .bool(isFound)]
        }

        private static let failure: JSON = [
            "error": ["code": "content_filter_error", "message": "The contents are not filtered"]
        ]

        private static func with(_ results: JSON, _ more: JSONObject) -> JSON {
            var object = results.object ?? JSONObject()
            object.members += more.members
            object.members.sort { $0.key < $1.key }
            return .object(object)
        }
    }
}
