import Chat
import HTTP
import JSON
import Providers
import Testing

/// Whatever bytes an upstream sends, a provider neither crashes nor hangs, and every stream ends.
@Suite("A provider in front of a hostile upstream")
struct ProviderRobustnessTests {
    /// One channel type of every provider.
    private static let types = ProviderRegistry.all.compactMap { $0.descriptor.channelTypes.min() }

    private func drain(_ provider: some Provider, _ pieces: [[UInt8]]) -> [ChatEvent] {
        var decoder = provider.decoder()
        var events: [ChatEvent] = []
        for piece in pieces where !decoder.isOver { decoder.feed(piece, into: &events) }
        decoder.finish(isCleanEnd: true, into: &events)
        return events
    }

    @Test("random bytes in a stream and in a whole answer", arguments: types)
    func noise(type: Int) throws {
        let provider = try #require(ProviderRegistry.provider(of: type))
        var random = Noise()
        for _ in 0..<300 {
            let bytes = (0..<(1 + random.next(400))).map { _ in UInt8(truncatingIfNeeded: random.next(256)) }
            let events = drain(provider, [Array("data: ".utf8), bytes, [0x0a, 0x0a]])
            #expect(ChatAnswer(events).failure != nil)
            #expect(throws: UpstreamFailure.self) { try provider.decode(bytes, status: 200, contentType: nil) }
            _ = provider.failure(status: 500, headers: HTTPHeaders(), body: bytes, parser: JSONParser())
        }
    }

    @Test("every fixture with one byte changed, and cut short", arguments: ProviderCase.all)
    func damage(_ fixture: ProviderCase) throws {
        let provider = try fixture.provider
        var random = Noise()
        for _ in 0..<60 {
            if let stream = fixture.stream {
                var damaged = stream
                damaged[random.next(damaged.count)] = UInt8(truncatingIfNeeded: random.next(256))
                _ = drain(provider, [damaged])
                _ = drain(provider, [Array(stream.prefix(random.next(stream.count)))])
            }
            if let body = fixture.response {
                var damaged = body
                damaged[random.next(damaged.count)] = UInt8(truncatingIfNeeded: random.next(256))
                _ = try? provider.decode(damaged, status: 200, contentType: nil)
                _ = provider.failure(status: 400, headers: HTTPHeaders(), body: damaged, parser: JSONParser())
            }
        }
    }

    @Test("a status that is not an error's, with an error or a web page as its body", arguments: types)
    func statuses(type: Int) throws {
        let provider = try #require(ProviderRegistry.provider(of: type))
        let bodies = [
            #"{"error":{"message":"Moved","type":"x","code":"y"}}"#, #"{"error":{"code":301,"message":"Moved"}}"#,
            #"{"code":"Moved","message":"x"}"#, #"{"error_code":7,"error_msg":"x"}"#, #"{"error":"Moved"}"#, "{}",
            "<html>Moved</html>", "",
        ]
        for (status, body) in [200, 204, 302, 600, 999].flatMap({ status in bodies.map { (status, $0) } }) {
            let failure = provider.failure(
                status: status, headers: HTTPHeaders(), body: Array(body.utf8), parser: JSONParser())
            #expect((400..<600).contains(failure.status), "\(status): \(body)")
        }
    }

    @Test("numbers that do not fit a counter", arguments: types)
    func numbers(type: Int) throws {
        let provider = try #require(ProviderRegistry.provider(of: type))
        for number in ["9223372036854775807", "-9223372036854775808", "1e308", "-1", "18446744073709551615"] {
            let usage = [
                "prompt_tokens", "completion_tokens", "total_tokens", "input_tokens", "output_tokens",
                "promptTokenCount", "candidatesTokenCount", "thoughtsTokenCount", "cache_read_input_tokens",
            ]
            .map { "\"\($0)\":\(number)" }.joined(separator: ",")
            let bodies = [
                #"{"id":"a","choices":[{"index":\#(number),"message":{"content":"x"},"finish_reason":"stop"}],"usage":{\#(usage)}}"#,
                #"{"type":"message","content":[{"type":"text","text":"x"}],"usage":{\#(usage)}}"#,
                #"{"candidates":[{"index":\#(number),"content":{"parts":[{"text":"x"}]},"finishReason":"STOP"}],"usageMetadata":{\#(usage)}}"#,
                #"{"output":{"choices":[{"index":\#(number),"message":{"content":"x"},"finish_reason":"stop"}]},"usage":{\#(usage)}}"#,
                #"{"result":"x","is_end":true,"usage":{\#(usage)}}"#,
            ]
            for body in bodies {
                if let events = try? provider.decode(Array(body.utf8), status: 200, contentType: nil),
                    let usage = ChatAnswer(events).usage
                {
                    #expect(usage.promptTokens >= 0 && usage.completionTokens >= 0)
                }
                _ = drain(provider, [Array("data: \(body)\n\n".utf8)])
            }
        }
    }
}

/// Pseudo-random numbers, the same in every run.
struct Noise {
    private var state: UInt64 = 0x9e37_79b9

    mutating func next(_ limit: Int) -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int(state >> 33) % max(1, limit)
    }
}
