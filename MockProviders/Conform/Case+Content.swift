import JSON
import MockKit

extension Case {
    static let content: [Case] = [
        Case("an inline image", refusedBy: images) { (judge) async throws(Verdict) in
            let messages: JSON = [
                [
                    "role": "user",
                    "content": [
                        ["type": "text", "text": "What is it?"],
                        ["type": "image_url", "image_url": ["url": .string("data:image/png;base64," + pixel)]],
                    ],
                ]
            ]
            _ = try await judge.answer(judge.chat("", ["messages": messages]))
            // Compares only the beginning: some services escape the slash in JSON.
            try judge.expectArrived(String(pixel.prefix(40)), "the image")
        },
        Case("an image by its address", refusedBy: images) { (judge) async throws(Verdict) in
            let address = judge.address + "/_mock/image.png"
            _ = try await judge.answer(
                judge.chat("", about(["type": "image_url", "image_url": ["url": .string(address)]])))
            let body = try judge.arrived()
            guard body.contains("/_mock/image.png") || body.contains(pixel.prefix(40)) else {
                throw .lost("the image did not arrive upstream")
            }
        },
        Case("a sound", refusedBy: ["input_audio", "audio"]) { (judge) async throws(Verdict) in
            let part: JSON = ["type": "input_audio", "input_audio": ["data": .string(sound), "format": "wav"]]
            _ = try await judge.answer(judge.chat("", about(part)))
            try judge.expectArrived(String(sound.prefix(40)), "the sound")
        },
        Case("a document", refusedBy: ["file", "document", "pdf"]) { (judge) async throws(Verdict) in
            let data = "data:application/pdf;base64," + document
            let part: JSON = ["type": "file", "file": ["filename": "a.pdf", "file_data": .string(data)]]
            _ = try await judge.answer(judge.chat("", about(part)))
            try judge.expectArrived(document, "the document")
        },
        Case("a video", refusedBy: ["video_url", "video"]) { (judge) async throws(Verdict) in
            let part: JSON = ["type": "video_url", "video_url": ["url": .string("data:video/mp4;base64," + video)]]
            _ = try await judge.answer(judge.chat("", about(part)))
            try judge.expectArrived(video, "the video")
        },
        Case("a video by its address", refusedBy: ["video_url", "video"]) { (judge) async throws(Verdict) in
            let address = "https://example.com/film-b7d.mp4"
            _ = try await judge.answer(
                judge.chat("", about(["type": "video_url", "video_url": ["url": .string(address)]])))
            try judge.expectArrived("film-b7d", "the video's address")
        },
        Case("pages that a search found", refusedBy: search) { (judge) async throws(Verdict) in
            let answer = try await judge.answer(lookUp(judge), saying: nil)
            try expectPage(Pages(answer), calls: answer.message?["tool_calls"]?.array?.count ?? 0, judge)
        },
        Case("pages that a search found, streamed", refusedBy: search) { (judge) async throws(Verdict) in
            let answer = try await judge.stream(lookUp(judge))
            try expectPage(answer.pages, calls: answer.calls.count, judge)
        },
        Case("an answer in JSON", refusedBy: formats) { (judge) async throws(Verdict) in
            // A provider without a JSON mode can only be asked for JSON in words, which no mock understands. So the
            // mock is told what to say.
            let said = #"{"city":"Oslo \#(judge.mark)"}"#
            judge.mock.add(script { $0.text = said })
            let answer = try await judge.answer(
                judge.chat("A town, as JSON.", ["response_format": ["type": "json_object"]]), saying: judge.mark)
            let text = answer.message?["content"]?.string ?? ""
            guard (try? JSON.parse(Array(text.utf8)))?.object != nil else {
                throw .lost("the text is no JSON: \(text.shortened()), and the upstream said \(said)")
            }
        },
        Case("an answer by a JSON schema", refusedBy: formats) { (judge) async throws(Verdict) in
            let schema: JSON = [
                "type": "object", "properties": ["city": ["type": "string"], "heads": ["type": "integer"]],
                "required": ["city", "heads"], "additionalProperties": false,
            ]
            let format: JSON = [
                "type": "json_schema", "json_schema": ["name": "town", "schema": schema, "strict": true],
            ]
            let said = #"{"city":"Oslo \#(judge.mark)","heads":3}"#
            judge.mock.add(script { $0.text = said })
            let answer = try await judge.answer(
                judge.chat("A town.", ["response_format": format]), saying: judge.mark)
            try judge.expectArrived("heads", "the schema")
            let text = answer.message?["content"]?.string ?? ""
            guard let value = try? JSON.parse(Array(text.utf8)), value["city"]?.string != nil,
                value["heads"]?.int != nil
            else { throw .lost("the text is not by the schema: \(text.shortened()), and the upstream said \(said)") }
        },
    ]

    private static let images = ["image_url", "image", "images"]
    private static let search = ["web_search_options", "web_search"]
    private static let formats = ["response_format", "json_schema", "json_object"]

    private static func about(_ part: JSON) -> JSONObject {
        ["messages": [["role": "user", "content": [["type": "text", "text": "What is it?"], part]]]]
    }

    private static func lookUp(_ judge: Judge) -> JSONObject {
        // The mock's models search if the question names the tool.
        judge.chat(
            "Look for Oslo by web_search.",
            ["model": .string(judge.target.searchModel ?? judge.target.model), "web_search_options": [:]])
    }

    /// - Parameter calls: how many tools the client is told to call. There must be none, since the search is the
    ///   provider's own.
    private static func expectPage(_ pages: Pages, calls: Int, _ judge: Judge) throws(Verdict) {
        guard calls == 0 else { throw .lost("the provider's own search came as a call of a tool of the client's") }
        guard judge.tellsPages else {
            try judge.expectArrived("enable_search", "the wish to search")
            throw .absent("the provider does not tell what it found")
        }
        guard let address = pages.addresses.first else { throw .lost("no page is named beside the answer") }
        guard address.hasPrefix("https://") else { throw .lost("the page's address is \(address.shortened())") }
        if let dialect = pages.dialect { throw .dialect(dialect) }
    }

    /// A WAV file of four samples.
    private static let sound = "UklGRiwAAABXQVZFZm10IBAAAAABAAEAQB8AAIA+AAACABAAZGF0YQgAAAAAAAAAAAAAAA=="

    /// The head of an MP4 file.
    private static let video = "AAAAGGZ0eXBpc29tAAAAAGlzb21tcDQx"

    /// The shortest data that passes for a PDF.
    private static let document = "JVBERi0xLjQKJSVFT0YK"
}
