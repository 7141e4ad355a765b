import JSON
import MockKit
import TestTraits
import Testing

/// What OpenAI's image endpoints take, by model.
@Suite(.inTurn) struct MockImageTests {
    private func draw(_ mock: Mock, _ more: String) throws -> Mock.Reply {
        try mock.send("POST", "/v1/images/generations", "{\"prompt\":\"A cube\"\(more)}")
    }

    /// An edit with a file of these bytes.
    private func edit(_ mock: Mock, _ file: String, _ fields: [(String, String)] = []) throws -> Mock.Reply {
        let parts = [("image\"; filename=\"a.png", file), ("prompt", "A hat")] + fields
        let form = parts.map { "--XX\r\nContent-Disposition: form-data; name=\"\($0.0)\"\r\n\r\n\($0.1)\r\n" }
        return try mock.send(
            "POST", "/v1/images/edits", form.joined() + "--XX--\r\n", type: "multipart/form-data; boundary=XX")
    }

    @Test(
        "A parameter of GPT image models means one of them where no model is named",
        arguments: [
            "\"background\":\"opaque\"", "\"output_format\":\"webp\"", "\"output_compression\":50",
            "\"moderation\":\"low\"", "\"background\":\"auto\",\"size\":\"1536x1024\"",
        ])
    func means(more: String) async throws {
        let mock = try Mock()
        let reply = try draw(mock, "," + more)
        #expect(reply.json?["data"]?[0]?["b64_json"] != nil)
        #expect(reply.json?["usage"]?["total_tokens"] != nil)
        let stream = try draw(mock, ",\"partial_images\":1,\"stream\":true")
        #expect(stream.events.count == 2)
        #expect(try draw(mock, "").json?["data"]?[0]?["url"] != nil)
        #expect(try draw(mock, ",\"background\":null,\"stream\":false").json?["data"]?[0]?["url"] != nil)
        await mock.stop()
    }

    @Test("A model refuses the parameters and values of the others")
    func refusals() async throws {
        let mock = try Mock()
        func param(_ more: String) throws -> String? { try draw(mock, more).error?["param"]?.string }
        #expect(try param(",\"model\":\"dall-e-3\",\"output_format\":\"png\"") == "output_format")
        #expect(try draw(mock, ",\"model\":\"dall-e-3\",\"quality\":\"low\"").error?["code"]?.string == "invalid_value")
        #expect(try param(",\"model\":\"gpt-image-1.5\",\"style\":\"vivid\"") == "style")
        #expect(try param(",\"model\":\"gpt-image-1.5\",\"response_format\":\"url\"") == "response_format")
        #expect(try draw(mock, ",\"model\":\"gpt-image-1.5\",\"quality\":\"max\"").status == 400)
        #expect(try draw(mock, ",\"model\":\"gpt-image-2.5-flare\",\"quality\":\"max\"").status == 200)
        await mock.stop()
    }

    @Test("GPT Image 2 draws any size within bounds, earlier models only theirs")
    func sizes() async throws {
        let mock = try Mock()
        func status(_ model: String, _ size: String) throws -> Int {
            try draw(mock, ",\"model\":\"\(model)\",\"size\":\"\(size)\"").status
        }
        #expect(try status("gpt-image-2", "2048x1152") == 200)
        for size in ["2049x1152", "4096x2048", "3840x1264", "x", "1024", "0x0", "-16x-16", "16x16x16"] {
            #expect(try status("gpt-image-2", size) == 400, "\(size)")
        }
        #expect(try status("gpt-image-1.5", "2048x1152") == 400)
        await mock.stop()
    }

    @Test("An edit looks at the bytes: a file that is no picture is refused")
    func edits() async throws {
        let mock = try Mock()
        let (png, webp) = ("\u{89}PNG", "RIFF0000WEBPVP8 ")
        // A PNG's first byte is no UTF-8, so that the form's picture here is a WebP.
        let model = [("model", "gpt-image-1.5")]
        #expect(try edit(mock, webp, model).json?["data"]?[0]?["b64_json"] != nil)
        #expect(try edit(mock, webp, [("background", "opaque")]).json?["data"]?[0]?["b64_json"] != nil)
        for file in ["not a picture", "", png, "GIF89a"] {
            let refused = try edit(mock, file, model)
            #expect(refused.status == 400)
            #expect(refused.error?["code"]?.string == "invalid_image_file")
        }
        #expect(try edit(mock, webp).error?["message"]?.string?.contains("must be a PNG") == true)
        await mock.stop()
    }
}
