import Chat
import HTTP
import JSON
import Providers
import Testing

/// Streams passed through to a client, and answers of other endpoints, with arbitrary bytes from the upstream.
@Suite("A hostile upstream behind the relay and at the other endpoints")
struct PassThroughRobustnessTests {
    private let parser = JSONParser()

    /// A stream unchanged, with one byte changed, and cut short.
    private func variants(_ bytes: [UInt8], _ random: inout Noise) -> [[UInt8]] {
        guard !bytes.isEmpty else { return [[]] }
        var changed = bytes
        changed[random.next(bytes.count)] = UInt8(truncatingIfNeeded: random.next(256))
        return [bytes, changed, Array(bytes.prefix(random.next(bytes.count)))]
    }

    private func check(_ result: RelayResult) {
        if let usage = result.usage { check(usage) }
        if case .failed(let failure) = result.outcome { #expect((400..<600).contains(failure.status)) }
        var payloads = result.payloads
        if result.outcome == .complete { #expect(payloads.popLast() == Array("[DONE]".utf8)) }
        #expect(payloads.allSatisfy { (try? JSON.parse($0))?.object != nil })
    }

    private func check(_ usage: Usage) {
        #expect(usage.promptTokens >= 0 && usage.completionTokens >= 0 && usage.cachedTokens >= 0)
        #expect(usage.totalTokens <= 2 * Usage.most)
    }

    @Test("a stream that is changed or cut gives the same at a random split", arguments: RelayCase.all)
    func streams(_ fixture: RelayCase) {
        var random = Noise()
        for round in 0..<20 {
            for stream in variants(fixture.stream, &random) {
                let (hidesUsage, isCleanEnd) = (round % 2 == 0, round % 3 > 0)
                let whole = RelayResult(of: [stream], hidesUsage: hidesUsage, isCleanEnd: isCleanEnd, parser: parser)
                check(whole)
                let middle = random.next(stream.count)
                let pieces = [Array(stream[..<middle]), Array(stream[middle...])]
                #expect(
                    RelayResult(of: pieces, hidesUsage: hidesUsage, isCleanEnd: isCleanEnd, parser: parser) == whole)
            }
        }
    }

    @Test("random bytes are neither a stream nor an answer, and none of them reach the client")
    func noise() {
        var random = Noise()
        for _ in 0..<300 {
            let bytes = (0..<(1 + random.next(400))).map { _ in UInt8(truncatingIfNeeded: random.next(256)) }
            for stream in [bytes, Array("data: ".utf8) + bytes + [0x0a, 0x0a]] {
                let result = RelayResult(of: [stream], hidesUsage: false, parser: parser)
                #expect(result.outcome != .complete && result.output.isEmpty && result.usage == nil)
            }
            #expect(throws: UpstreamFailure.self) {
                try OpenAIAnswer.read(bytes, status: 200, contentType: nil, parser: parser)
            }
        }
    }

    private static let bodies =
        FixtureCase.wholes.compactMap(\.response)
        + ProviderCase.wholes.filter { $0.folder.hasPrefix("Azure/") }.compactMap(\.response)

    @Test("a whole answer that is changed or cut", arguments: bodies)
    func wholes(_ body: [UInt8]) {
        var random = Noise()
        for _ in 0..<20 {
            for body in variants(body, &random) {
                do throws(UpstreamFailure) {
                    let answer = try OpenAIAnswer.read(body, status: 200, contentType: nil, parser: parser)
                    if let usage = answer.usage { check(usage) }
                } catch { #expect((400..<600).contains(error.status)) }
            }
        }
    }

    private static let extremes = [
        "9223372036854775807", "-9223372036854775808", "1e308", "-1", "18446744073709551615",
    ]

    @Test("numbers that do not fit a counter, in answers that are passed through", arguments: extremes)
    func numbers(_ number: String) throws {
        let names = ["prompt_tokens", "completion_tokens", "total_tokens", "cached_tokens"]
        let usage = "{" + names.map { "\"\($0)\":\(number)" }.joined(separator: ",") + "}"
        let choice = #"{"index":\#(number),"delta":{"content":"x"},"finish_reason":"stop"}"#
        let chunk = #"{"choices":[\#(choice)],"usage":\#(usage)}"#
        check(RelayResult(of: [Array("data: \(chunk)\n\ndata: [DONE]\n\n".utf8)], hidesUsage: false, parser: parser))
        let body = Array(#"{"choices":[{"index":0,"message":{"content":"x"}}],"usage":\#(usage)}"#.utf8)
        if let usage = try OpenAIAnswer.read(body, status: 200, contentType: nil, parser: parser).usage { check(usage) }
    }

    private static let answers = [
        #"{"data":[{"index":0,"embedding":[0.5,1e308]}],"usage":{"prompt_tokens":-3,"total_tokens":1e30}}"#,
        #"{"output":{"embeddings":[{"text_index":0,"embedding":[0.1]}]},"usage":{"total_tokens":9223372036854775807}}"#,
        #"{"embeddings":[{"values":[0.25]}],"usageMetadata":{"promptTokenCount":-9223372036854775808}}"#,
        #"{"embedding":{"value":[0.25,3]}}"#,
        #"{"created":-1,"data":[{"url":"https://a/b.png"},{"b64_image":"aGk="}]}"#,
        #"{"predictions":[{"bytesBase64Encoded":"aGk=","mimeType":7},{"raiFilteredReason":"b"}]}"#,
        #"{"output":{"task_id":"../../x?y","task_status":"RUNNING"}}"#,
        #"{"output":{"task_id":"a-1","task_status":"SUCCEEDED","results":[{"url":"https://a/b.png"}]}}"#,
        #"{"access_token":"24.c","expires_in":-9223372036854775808}"#, #"{"error":"invalid_client"}"#,
        #"{"error_code":18,"error_msg":"slow"}"#, #"{"code":"Throttling","message":"slow"}"#, "[]", "null", "",
    ]

    @Test("vectors, images and access tokens of every provider, changed or cut", arguments: answers)
    func oneShots(_ answer: String) {
        var random = Noise()
        for provider in ProviderRegistry.all {
            for _ in 0..<10 {
                for body in variants(Array(answer.utf8), &random) { check(body, provider) }
            }
        }
    }

    private func check(_ body: [UInt8], _ provider: any Provider) {
        let channel = ProviderChannel(
            type: provider.descriptor.channelTypes.first ?? 0, baseURL: "http://a", key: "id.secret")
        let call = ProviderCall(channel: channel, model: "m", accessToken: "t")
        do throws(UpstreamFailure) {
            #expect(!(try provider.accessToken(from: body, status: 200)).text.isEmpty)
        } catch { #expect((400..<600).contains(error.status)) }
        do throws(UpstreamFailure) {
            let vectors = try (provider as? any EmbeddingProvider)?.decodeEmbeddings(body, status: 200)
            if let usage = vectors?.usage { check(usage) }
        } catch { #expect((400..<600).contains(error.status)) }
        do throws(UpstreamFailure) {
            switch try (provider as? any ImageProvider)?.decodeImages(body, status: 200, for: call) {
            case .done(let answer): #expect(!answer.images.isEmpty)
            case .pending(let poll): #expect(poll.url.hasPrefix("http://a/") && !poll.url.contains(".."))
            case nil: break
            }
        } catch { #expect((400..<600).contains(error.status)) }
    }
}
