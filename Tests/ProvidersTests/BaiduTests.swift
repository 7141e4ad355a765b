import Chat
import HTTP
import JSON
import Providers
import Testing

@Suite("Baidu")
struct BaiduTests {
    private func refusal(_ body: String, _ status: Int) -> UpstreamFailure? {
        do throws(UpstreamFailure) {
            _ = try Baidu().accessToken(from: Array(body.utf8), status: status)
            return nil
        } catch { return error }
    }

    @Test(
        "a refused key is a fault of the channel, at whatever status",
        arguments: [
            (#"{"error":"invalid_client","error_description":"unknown client id"}"#, 401),
            (#"{"error":"invalid_client","error_description":"Client authentication failed"}"#, 200),
            (#"{"error":"invalid_grant","error_description":"revoked"}"#, 401),
        ])
    func refusedKey(_ body: String, _ status: Int) {
        #expect(refusal(body, status)?.kind == .authentication)
        #expect(refusal(body, status)?.status == 401)
    }

    @Test(
        "an outage of the token service is none",
        arguments: [
            (#"{"error":"server_error","error_description":"try again"}"#, 500), (#"{"error":"busy"}"#, 503),
            (#"{}"#, 200),
        ])
    func outage(_ body: String, _ status: Int) {
        #expect(refusal(body, status)?.kind == .server)
        #expect(refusal(body, status)?.status == 502)
    }

    @Test("the token service's own limit is one of rate")
    func limited() { #expect(refusal(#"{"error":"too_many"}"#, 429)?.kind == .rateLimited) }

    @Test(
        "vectors of a size that the model has not are refused",
        arguments: [("Embedding-V1", 384, true), ("Embedding-V1", 256, false), ("bge-large-zh", 1024, true)])
    func dimensions(_ model: String, _ size: Int64, _ isTaken: Bool) {
        let request = EmbeddingRequest(model: model, inputs: [.text("a")], dimensions: size)
        let channel = ProviderChannel(type: 15, baseURL: "", key: "ak|sk", settings: [:])
        let call = ProviderCall(
            channel: channel, model: model, time: 0, accessToken: "t", clientHeaders: HTTPHeaders())
        let refused: String?
        do throws(RequestError) {
            _ = try Baidu().encode(request, for: call)
            refused = nil
        } catch { refused = error.parameter }
        #expect(refused == (isTaken ? nil : "dimensions"))
    }

    @Test("usage is told with the event that brings it, and once")
    func usageAtOnce() {
        var decoder = Baidu().decoder()
        var events: [ChatEvent] = []
        let usage = #""usage":{"prompt_tokens":6,"completion_tokens":1,"total_tokens":7}"#
        let event = "data: {\"id\":\"as-1\",\"result\":\"Os\",\"is_end\":false,\(usage)}\n\n"
        decoder.feed(Array((event + event).utf8), into: &events)
        let told = events.compactMap { if case .usage(let usage, _) = $0 { usage.totalTokens } else { nil } }
        #expect(told == [7])
    }
}
