import HTTP
import JSON
import TestKit
import TestTraits
import Testing

@testable import Gateway

/// How much memory requests may use for fetched pictures, and from where pictures are fetched if there is a proxy.
@Suite(.inTurn) struct MediaBudgetTests {
    private static let png: [UInt8] = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]
    private static let answer =
        #"{"candidates":[{"content":{"role":"model","parts":[{"text":"A cat."}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":9,"candidatesTokenCount":3}}"#

    /// Serves pictures of eight bytes at `/ok`. Its model answers at once, or when a gate opens.
    private static func fixture(_ configuration: Configuration, gate: StubGate? = nil) async throws -> GatewayFixture {
        let fixture = try await GatewayFixture(configuration) { call in
            if call.path.hasSuffix("/ok") {
                return .whole(HTTPResponse(headers: ["Content-Type": "image/png"], body: png))
            }
            let response = HTTPResponse(headers: ["Content-Type": "application/json"], body: Array(answer.utf8))
            guard let gate, String(decoding: call.body, as: UTF8.self).contains("wait") else { return .whole(response) }
            return .held(gate, response)
        }
        try fixture.addChannel(["type": 24, "models": "gemini-2.5-flash"])
        return fixture
    }

    private static func body(_ addresses: [String], _ text: String = "What?") -> JSON {
        let images = addresses.map { address -> JSON in
            ["type": "image_url", "image_url": ["url": .string(address)]]
        }
        let parts: [JSON] = [["type": "text", "text": .string(text)]] + images
        return ["model": "gemini-2.5-flash", "messages": [["role": "user", "content": .array(parts)]]]
    }

    @Test("a request that needs more than the whole budget gets 503 with Retry-After and returns what it took")
    func tooMuch() async throws {
        var configuration = Configuration()
        (configuration.allowsPrivateMedia, configuration.mediaTotalBytes) = (true, 60)
        let fixture = try await Self.fixture(configuration)
        let image = "http://127.0.0.1:\(fixture.upstream.port)/ok"
        for (count, status) in [(2, 200), (3, 503), (2, 200)] {
            let answer = try fixture.chat(Self.body(Array(repeating: image, count: count)))
            #expect(answer.status == status)
            if status == 503 { #expect(answer.head.contains("Retry-After: 1") && answer.body.contains("overloaded")) }
        }
        try await wait { fixture.services.media.bytes == 0 }
        // The refused request cost nothing, and is not counted against the channel.
        #expect(try fixture.logCount() == 2)
        #expect(fixture.services.routing.table.channel(1)?.health.isOpen(at: .max / 2) == false)
    }

    @Test("memory that a request holds is not free for others until the upstream has the request")
    func shared() async throws {
        var configuration = Configuration()
        (configuration.allowsPrivateMedia, configuration.mediaTotalBytes) = (true, 60)
        let gate = StubGate()
        let fixture = try await Self.fixture(configuration, gate: gate)
        let image = "http://127.0.0.1:\(fixture.upstream.port)/ok"
        let body = Self.body([image, image], "wait").encoded()
        let first = try RawClient(port: fixture.port)
        first.send(
            Array(
                ("POST /v1/chat/completions HTTP/1.1\r\nHost: t\r\nConnection: close\r\nAuthorization: sk-roottoken\r\n"
                    + "Content-Type: application/json\r\nContent-Length: \(body.count)\r\n\r\n").utf8) + body)
        try await wait { fixture.upstream.calls.count == 3 }
        // Sixteen bytes as base64, once as text and once in the body, and what the arrays allocate in reserve.
        #expect(fixture.services.media.bytes == 16 * 3)
        #expect(try fixture.chat(Self.body([image])).status == 503)
        gate.open()
        #expect(first.receiveAnswer().status == 200)
        try await wait { fixture.services.media.bytes == 0 }
        #expect(try fixture.chat(Self.body([image])).status == 200)
    }

    @Test("the pictures of one request have a limit of their own, and exceeding it is the request's fault")
    func ofOneRequest() async throws {
        var configuration = Configuration()
        (configuration.allowsPrivateMedia, configuration.mediaRequestBytes) = (true, 20)
        let fixture = try await Self.fixture(configuration)
        let image = "http://127.0.0.1:\(fixture.upstream.port)/ok"
        #expect(try fixture.chat(Self.body([image, image])).status == 200)
        let answer = try fixture.chat(Self.body([image, image, image]))
        #expect(answer.status == 400)
        #expect(answer.body.contains("larger than 20 bytes in all"))
        try await wait { fixture.services.media.bytes == 0 }
    }

    @Test(
        "with a proxy, private and local addresses and names are refused before the proxy is asked",
        arguments: [
            "169.254.169.254", "127.0.0.1", "127.1", "2130706433", "0x7f000001", "0251.0376.0251.0376", "[::1]",
            "[::ffff:169.254.169.254]", "[64:ff9b::a9fe:a9fe]", "[2002:a9fe:a9fe::]", "[fe80::1%25eth0]", "10.0.0.1",
            "localhost", "localhost.", "metadata.google.internal", "metadata.goog", "printer.local", "router",
            "nobody.invalid", "no-such-name.example",
        ])
    func behindProxy(host: String) async throws {
        let proxy = try StubUpstream { _ in .whole(HTTPResponse(body: Self.png)) }
        var configuration = Configuration()
        configuration.userContentProxy = "http://127.0.0.1:\(proxy.port)"
        let fixture = try await Self.fixture(configuration)
        let answer = try fixture.chat(Self.body(["http://\(host)/latest/meta-data/ok"]))
        #expect(answer.status == 400)
        #expect(answer.body.contains("its server cannot be reached"))
        #expect(proxy.calls.isEmpty && fixture.upstream.calls.isEmpty)
    }

    @Test("with a proxy, a public address is fetched through it, and any address if the operator allows it")
    func throughProxy() async throws {
        for (host, allows) in [("8.8.8.8", false), ("127.0.0.1", true), ("no-such-name.example", true)] {
            let proxy = try StubUpstream { _ in .whole(HTTPResponse(body: Self.png)) }
            var configuration = Configuration()
            configuration.userContentProxy = "http://127.0.0.1:\(proxy.port)"
            configuration.allowsPrivateMedia = allows
            let fixture = try await Self.fixture(configuration)
            #expect(try fixture.chat(Self.body(["http://\(host)/ok"])).status == 200)
            #expect(proxy.calls.count == 1)
        }
    }

    /// Waits until a condition holds, for ten seconds at most.
    private func wait(until isSo: () -> Bool) async throws {
        for _ in 0..<1000 where !isSo() { try await Task.sleep(for: .milliseconds(10)) }
        #expect(isSo())
    }
}
