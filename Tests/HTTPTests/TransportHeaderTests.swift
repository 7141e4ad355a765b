import HTTP
import TestTraits
import Testing

/// Header values that would write lines of their own.
@Suite(.inTurn) struct TransportHeaderTests {
    private static let transport = CurlTransport()

    @Test(
        "are not sent, and the next request goes its way",
        arguments: [
            ("Authorization", "Bearer sk-x\r"), ("Authorization", "Bearer sk-x\r\nX: y"), ("X-A", "a\nb"),
            ("X-A", "a\u{0}b"), ("X-A", "a\u{7f}"), ("X A", "b"), ("X-A:", "b"), ("", "b"), ("X-A\r\nB", "c"),
        ])
    func refused(name: String, value: String) async throws {
        let fixture = try ServerFixture(handler: EchoHandler())
        let url = "http://127.0.0.1:\(fixture.port)/"
        let found = await #expect(throws: TransportError.self) {
            try await fixture.onLoop {
                let call = UpstreamCall()
                defer { #expect(!call.wasSent) }
                return try await Self.transport.send(
                    UpstreamRequest(url: url, headers: HTTPHeaders([("Accept", "*/*"), (name, value)])), call: call
                ).status
            }
        }
        #expect(found == .badHeader(name))
        let status = try await fixture.onLoop {
            let fine = UpstreamRequest(url: url, headers: ["X-A": "a\tb é", "X-B": ""])
            return try await Self.transport.send(fine).status
        }
        #expect(status == 200)
    }
}
