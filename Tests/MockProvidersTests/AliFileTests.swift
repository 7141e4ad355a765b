import JSON
import MockKit
import TestTraits
import Testing

@Suite(.inTurn) struct AliFileTests {
    @Test("Files of both interfaces, upload policies, and batches, whose empty list is null")
    func files() async throws {
        let mock = try Mock()
        func upload(_ path: String, _ field: String, purpose: String, text: String = "hello") throws -> Mock.Reply {
            try mock.ali(
                "POST", path,
                "--b\r\nContent-Disposition: form-data; name=\"\(field)\"; filename=\"a.txt\"\r\n\r\n\(text)\r\n"
                    + "--b\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\n\(purpose)\r\n--b--\r\n",
                headers: ["Content-Type: multipart/form-data; boundary=b"])
        }
        let compatible = "compatible-mode/v1/files"
        let file = try upload(compatible, "file", purpose: "file-extract")
        let id = try #require(file.json?["id"]?.string)
        #expect(id.hasPrefix("file-fe-"))
        #expect(
            file.json?.object?.members.map(\.key) == [
                "id", "object", "bytes", "filename", "purpose", "status", "created_at",
            ])
        let bad = try upload(compatible, "file", purpose: "other")
        #expect(bad.status == 400)
        #expect(
            bad.body == """
                {"error":{"message":"'purpose' must be 'file-extract'","type":"invalid_request_error",\
                "param":"purpose","code":null}}
                """)
        #expect(
            try mock.ali("DELETE", "\(compatible)/\(id)").json == [
                "id": .string(id), "object": "file", "deleted": true,
            ])
        let native = try upload("api/v1/files", "files", purpose: "inference")
        #expect(native.json?["data"]?["uploaded_files"]?.array?.first?["name"]?.string == "a.txt")
        #expect(native.json?["data"]?["failed_uploads"]?.array?.isEmpty == true)
        let policy = try mock.ali("GET", "api/v1/uploads?action=getPolicy&model=qwen-vl-plus")
        #expect(policy.json?["data"]?["upload_dir"] != nil)
        #expect(try mock.ali("GET", "compatible-mode/v1/batches").body.contains("\"data\":null"))
        await mock.stop()
    }

    @Test("A batch answers its lines: good ones in one file, bad ones in another, charged at its end")
    func batch() async throws {
        let mock = try Mock()
        func line(_ name: String, _ model: String) -> String {
            "{\"custom_id\":\"\(name)\",\"body\":{\"model\":\"\(model)\",\"messages\":[{\"role\":\"user\","
                + "\"content\":\"Hi\"}]}}\n"
        }
        let form =
            "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.jsonl\"\r\n\r\n"
            + line("a", "qwen-plus") + line("b", "qwen-plus") + line("c", "nope")
            + "\r\n--b\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\nbatch\r\n--b--\r\n"
        let file = try mock.ali(
            "POST", "compatible-mode/v1/files", form, headers: ["Content-Type: multipart/form-data; boundary=b"])
        let input = try #require(file.json?["id"]?.string)
        #expect(input.hasPrefix("file-batch-"))
        let begun = try mock.ali(
            "POST", "compatible-mode/v1/batches",
            "{\"input_file_id\":\"\(input)\",\"endpoint\":\"/v1/chat/completions\",\"completion_window\":\"24h\"}")
        let id = try #require(begun.json?["id"]?.string)
        #expect(id.hasPrefix("batch_"))
        #expect(begun.json?["status"]?.string == "validating")
        _ = try mock.ali("GET", "compatible-mode/v1/batches/\(id)")
        #expect(mock.server.ledger.total.answers == 0)
        let done = try mock.ali("GET", "compatible-mode/v1/batches/\(id)")
        #expect(done.json?["status"]?.string == "completed")
        #expect(done.json?["request_counts"] == ["total": 3, "completed": 2, "failed": 1])
        func lines(_ field: String) throws -> [JSON] {
            let name = done.json?[field]?.string ?? ""
            return try mock.ali("GET", "compatible-mode/v1/files/\(name)/content").body.split(separator: "\n")
                .compactMap { try? JSON.parse(Array($0.utf8)) }
        }
        let good = try lines("output_file_id")
        #expect(good.compactMap { $0["custom_id"]?.string } == ["a", "b"])
        let counts = good.compactMap { $0["response"]?["body"]?["usage"]?["completion_tokens"]?.int }
        #expect(Int64(mock.server.ledger.total.completionTokens) == counts.reduce(0, +))
        #expect(try lines("error_file_id").first?["response"]?["status_code"]?.int == 404)
        await mock.stop()
    }
}
