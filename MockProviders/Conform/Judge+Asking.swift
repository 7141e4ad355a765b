import HTTP
import JSON
import MockKit

extension Judge {
    /// The body of a chat with one user message; members of `more` are added or replace others.
    func chat(_ text: String, _ more: JSONObject = [:]) -> JSONObject {
        var body: JSONObject = [
            "model": .string(target.model), "messages": [["role": "user", "content": .string(text)]],
        ]
        for member in more.members { body[member.key] = member.value }
        return body
    }

    /// Sends a body and waits for the whole answer, good or bad.
    func ask(_ body: JSONObject, at path: String = "/chat/completions") async throws(Verdict) -> Reply {
        let before = mock.journal.entries.count
        let reply = try await send(body, to: path)
        if reply.mayComeFromRest, mock.journal.entries.count == before, !knowsTargetIsAwake { throw .resting(reply) }
        return reply
    }

    func send(_ body: JSONObject, to path: String) async throws(Verdict) -> Reply {
        var headers = endpoint.headers
        headers.set("Content-Type", "application/json")
        let bytes = JSON.object(body).encoded()
        let request = UpstreamRequest(url: endpoint.url(path), headers: headers, body: bytes, limits: limits)
        evidence.asked(path, bytes)
        let response: UpstreamResponse
        do throws(TransportError) { response = try await transport.send(request, call: UpstreamCall()) } catch {
            throw .lost("no answer: \(error)")
        }
        var reply = Reply(status: response.status, headers: response.headers, body: [], isWhole: false)
        var (received, early): ([UInt8], Int) = ([], 0)
        var isWhole = true
        do throws(TransportError) {
            while let more = try await response.next() {
                received += more
                if mock.ledger.total.answers == 0, mock.ledger.unfinished == 0 { early = received.count }
            }
        } catch { isWhole = false }
        reply = Reply(
            status: response.status, headers: response.headers, body: received, isWhole: isWhole, earlyBytes: early)
        evidence.answered(reply, upstream: mock.journal.entries)
        return reply
    }

    /// Asks for a whole answer and expects a good one.
    /// - Parameter words: what the answer's text must contain; `nil` for no check.
    func answer(_ body: JSONObject, saying words: String?) async throws(Verdict) -> JSON {
        try answer(try await ask(body), saying: words)
    }

    func answer(_ body: JSONObject) async throws(Verdict) -> JSON { try await answer(body, saying: mark) }

    func answer(_ reply: Reply, saying words: String?) throws(Verdict) -> JSON {
        let answer = try good(reply)
        guard let words else { return answer }
        for choice in answer["choices"]?.array ?? [] { try expectSaid(choice["message"]?["content"]?.string, words) }
        guard answer.message != nil else { throw .lost("the answer has no message: \(answer.text.shortened())") }
        return answer
    }

    /// The body of a reply; throws if the reply is not a good one.
    func good(_ reply: Reply) throws(Verdict) -> JSON {
        try check(reply)
        guard let json = reply.json else { throw .lost("the answer is no JSON: \(reply.text.shortened())") }
        return json
    }

    func check(_ reply: Reply) throws(Verdict) {
        if reply.status == 200 { return }
        if let field = reply.refusedField(among: fields) {
            throw .refused("\(field): \((reply.error?["message"]?.string ?? "").shortened())")
        }
        throw .lost("status \(reply.status): \(reply.text.shortened())")
    }

    /// Asks for a stream and expects a real one: chunks with deltas, under a stream's media type.
    func stream(_ body: JSONObject) async throws(Verdict) -> StreamReply {
        var body = body
        body["stream"] = true
        let reply = try await ask(body)
        try check(reply)
        return try stream(reply)
    }

    func stream(_ reply: Reply) throws(Verdict) -> StreamReply {
        let type = reply.headers["Content-Type"] ?? "none"
        guard type.hasPrefix("text/event-stream") else {
            throw .lost("a stream was asked for, and the answer's media type is \(type): \(reply.text.shortened())")
        }
        let stream = StreamReply(reply)
        guard stream.deltas > 0 || stream.error != nil else {
            throw .lost("the stream has no chunk with a delta: \(reply.text.shortened())")
        }
        return stream
    }

    func expectSaid(_ text: String?, _ words: String) throws(Verdict) {
        guard let text, text.contains(words) else {
            throw .lost(
                "the text is '\((text ?? "").shortened(to: 80))', and the upstream said '\(words.shortened(to: 80))'")
        }
    }
}

extension JSON {
    /// Encoded as it goes over the wire.
    var text: String { String(decoding: encoded(), as: UTF8.self) }
}
