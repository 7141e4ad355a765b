import JSON
import MockKit
import TestTraits
import Testing

@Suite(.inTurn) struct MockFaultTests {
    private let stream = ",\"stream\":true"

    @Test("A cut stream has no end mark, and is not in the ledger")
    func cut() async throws {
        let mock = try Mock()
        let reply = try mock.ask("hi", model: "mock-cut-3", more: stream)
        #expect(reply.events.count == 3)
        #expect(!reply.isComplete)
        #expect(mock.server.ledger.total.answers == 0)
        #expect(mock.server.ledger.unfinished == 1)
        await mock.stop()
    }

    @Test("A whole body is cut after the given number of bytes")
    func cutBytes() async throws {
        let mock = try Mock()
        let reply = try mock.ask("hi", model: "mock-cut-bytes-100")
        #expect(reply.body.utf8.count == 100)
        #expect(!reply.isComplete)
        await mock.stop()
    }

    @Test("Queued faults apply to matching requests, as often as was set")
    func queue() async throws {
        let mock = try Mock()
        let queued = try mock.control(
            "POST", "/faults",
            "{\"match\":{\"model\":\"gpt-4o\"},\"count\":2,\"error\":429,\"headers\":{\"x-a\":\"b\"}}")
        #expect(queued?["ok"]?.bool == true)
        #expect(try mock.ask("hi").status == 200)
        let first = try mock.ask("hi", model: "gpt-4o")
        #expect(first.status == 429)
        #expect(first.header("x-a") == "b")
        #expect(first.header("retry-after-ms") == "174")
        #expect(try mock.ask("hi", model: "gpt-4o").status == 429)
        #expect(try mock.ask("hi", model: "gpt-4o").status == 200)
        await mock.stop()
    }

    @Test(
        "An invalid control request is refused with the reason",
        arguments: [
            "{", "{\"count\":0,\"error\":1}", "{\"nonsense\":1}", "{\"cut_events\":\"x\"}", "{\"match\":{\"a\":\"b\"}}",
            "{\"framing\":\"morse\"}", "{\"html\":\"999\"}", "{\"empty\":\"yes\"}", "{\"no_done\":1}", "7",
        ])
    func badControl(body: String) async throws {
        let mock = try Mock()
        let reply = try mock.send("POST", "/_mock/faults", body)
        #expect(reply.status == 400)
        #expect(reply.json?["error"]?.string?.isEmpty == false)
        await mock.stop()
    }

    @Test(
        "Cloudflare's pages have their marks",
        arguments: [
            ("403", 403, "Sorry, you have been blocked"), ("403-challenge", 403, "/cdn-cgi/challenge-platform/"),
            ("403-denied", 403, "used Cloudflare to restrict access"), ("429", 429, "You are being rate limited"),
            ("502", 502, "502: Bad gateway"), ("502-short", 502, "<hr><center>cloudflare</center>"),
            ("520", 520, "unknown error"), ("521", 521, "Web server is down"), ("522", 522, "Connection timed out"),
            ("523", 523, "Origin is unreachable"), ("524", 524, "A timeout occurred"), ("200", 200, "<!DOCTYPE html>"),
        ])
    func pages(name: String, status: Int, mark: String) async throws {
        let mock = try Mock()
        let reply = try mock.ask("hi", model: "mock-html-\(name)")
        #expect(reply.status == status)
        #expect(reply.body.contains(mark))
        #expect(reply.header("content-type") == "text/html; charset=UTF-8")
        #expect(reply.header("cf-ray")?.hasSuffix("-FRA") == true)
        #expect(reply.header("x-request-id") == nil)
        await mock.stop()
    }

    @Test("Other framings carry the same events", arguments: ["crlf", "comments", "nospace"])
    func framing(name: String) async throws {
        let mock = try Mock()
        let reply = try mock.ask("mock-tokens-4", model: "mock-\(name)", more: stream)
        let plain = try mock.ask("mock-tokens-4", model: "gpt-4o", more: stream)
        #expect(reply.isComplete)
        #expect(reply.body.split(separator: "data:").count >= plain.events.count)
        switch name {
        case "crlf": #expect(reply.body.utf8.contains(13))
        case "comments": #expect(reply.body.hasPrefix(": ping\n\n"))
        default: #expect(!reply.body.contains("data: "))
        }
        await mock.stop()
    }

    @Test("An error event ends a stream early")
    func streamError() async throws {
        let mock = try Mock()
        let reply = try mock.ask("hi", model: "mock-stream-error-2", more: stream)
        #expect(reply.events.count == 3)
        #expect(reply.events.last?.hasPrefix("{\"error\":{") == true)
        await mock.stop()
    }

    @Test("Usage can be missing, zero or wrong, while the ledger keeps the true one")
    func usage() async throws {
        let mock = try Mock()
        let missing = try mock.ask("hi", model: "mock-usage-missing").json
        #expect(missing?["choices"] != nil)
        #expect(missing?["usage"] == nil)
        #expect(try mock.ask("hi", model: "mock-usage-zero").json?["usage"]?["total_tokens"]?.int == 0)
        let wrong = try mock.ask("hi", model: "mock-usage-wrong").json?["usage"]?["prompt_tokens"]?.int
        #expect(wrong == Int64(mock.server.ledger.total(model: "mock-usage-wrong").promptTokens * 10))
        await mock.stop()
    }

    @Test("Invalid UTF-8, invalid JSON, empty and huge bodies do what their names say")
    func bodies() async throws {
        let mock = try Mock()
        #expect(try mock.ask("hi", model: "mock-invalid-utf8").body.contains("\u{fffd}"))
        let broken = try mock.ask("hi", model: "mock-invalid-json")
        #expect(broken.isComplete && broken.json == nil)
        let empty = try mock.ask("hi", model: "mock-empty")
        #expect(empty.status == 200 && empty.body.isEmpty)
        #expect(try mock.ask("hi", model: "mock-huge-300000", more: stream).body.utf8.count > 300_000)
        #expect(try mock.ask("hi", model: "mock-reset").status == 0)
        await mock.stop()
    }

    @Test("Faults can be set by the key as well, and several at once")
    func names() async throws {
        let mock = try Mock()
        let body = "{\"model\":\"gpt-4o\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}"
        let reply = try mock.chat(body, key: "sk-mock-no-done+crlf")
        #expect(reply.isComplete)
        #expect(!reply.body.contains("[DONE]"))
        #expect(reply.body.utf8.contains(13))
        #expect(Fault(name: "gpt-4o") == nil)
        #expect(Fault(name: "mock-anything") == nil)
        await mock.stop()
    }
}
