import TestTraits
import Testing

@testable import HTTP

/// Proxies and the guard of clients' addresses, for requests that share one loop and so reuse the same handles.
@Suite(.inTurn) struct ProxyTests {
    private static let transport = CurlTransport(variable: { _ in nil }, hosts: hosts)
    private static let hosts = PublicHost { name in name == "pictures.example" ? [TestAddress.v4(8, 8, 8, 8)] : [] }

    /// Answers with its name and the host that was asked for.
    private static func server(_ name: String) throws -> ServerFixture {
        try ServerFixture { request in
            HTTPResponse(body: Array("\(name) \(request.headers["Host"] ?? "")".utf8))
        }
    }

    /// The bodies of the answers to these requests, sent one after another; a failure in place of its answer.
    private static func answers(
        _ requests: [UpstreamRequest], on fixture: ServerFixture, by transport: CurlTransport = transport
    ) async throws -> [Result<String, TransportError>] {
        try await fixture.onLoop {
            var answers: [Result<String, TransportError>] = []
            for request in requests {
                do throws(TransportError) {
                    let response = try await transport.send(request)
                    answers.append(.success(String(decoding: try await response.collect(limit: 1000), as: UTF8.self)))
                } catch { answers.append(.failure(error)) }
            }
            return answers
        }
    }

    private static func request(_ url: String, proxy: Int? = nil, isGuarded: Bool = false) -> UpstreamRequest {
        var request = UpstreamRequest(method: .get, url: url, proxy: proxy.map { "http://127.0.0.1:\($0)" })
        request.reachesPublicAddressesOnly = isGuarded
        return request
    }

    @Test("a request's proxy is not used for the next request")
    func proxyOfOneRequest() async throws {
        let (direct, first, second) = (
            try Self.server("direct"), try Self.server("first"), try Self.server("second")
        )
        let address = "http://127.0.0.1:\(direct.port)/"
        let host = "127.0.0.1:\(direct.port)"
        let answers = try await Self.answers(
            [
                Self.request(address), Self.request(address, proxy: first.port), Self.request(address),
                Self.request(address, proxy: second.port), Self.request(address, proxy: first.port),
                Self.request(address),
            ], on: direct)
        #expect(
            answers
                == ["direct", "first", "direct", "second", "first", "direct"].map { .success("\($0) \(host)") })
    }

    @Test("the guard allows a request to its proxy, wherever that is, and is in force again for the next request")
    func guardAndProxy() async throws {
        let proxy = try Self.server("proxy")
        let address = "http://127.0.0.1:\(proxy.port)/"
        let answers = try await Self.answers(
            [
                Self.request("http://pictures.example/", proxy: proxy.port, isGuarded: true),
                Self.request(address, isGuarded: true),
                Self.request("http://pictures.example/", proxy: proxy.port, isGuarded: true),
                Self.request(address), Self.request(address, isGuarded: true), Self.request(address),
            ], on: proxy)
        let refused = Result<String, TransportError>.failure(.connectFailed("Couldn't connect to server"))
        let relayed = Result<String, TransportError>.success("proxy pictures.example")
        let direct = Result<String, TransportError>.success("proxy 127.0.0.1:\(proxy.port)")
        #expect(answers == [relayed, refused, relayed, direct, refused, direct])
    }

    @Test("a guarded request uses the environment's proxy for its scheme, and is guarded if there is none")
    func environmentProxy() async throws {
        let proxy = try Self.server("proxy")
        let pictures = Self.request("http://pictures.example/", isGuarded: true)
        for name in ["http_proxy", "all_proxy", "ALL_PROXY"] {
            let address = "http://127.0.0.1:\(proxy.port)"
            let transport = CurlTransport(variable: { $0 == name ? address : nil }, hosts: Self.hosts)
            // A loop keeps its client, and with it the environment that the client saw.
            let loop = try Self.server("loop")
            let answers = try await Self.answers([pictures], on: loop, by: transport)
            #expect(answers == [.success("proxy pictures.example")], "\(name)")
        }
        let secure = CurlTransport(variable: { $0 == "https_proxy" ? "http://127.0.0.1:\(proxy.port)" : nil })
        let answers = try await Self.answers(
            [Self.request("http://127.0.0.1:\(proxy.port)/", isGuarded: true)], on: proxy, by: secure)
        #expect(answers == [.failure(.connectFailed("Couldn't connect to server"))])
    }

    @Test(
        "the guard refuses this machine, however its address is written, without a connection",
        arguments: [
            "127.0.0.1", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "127.0.0.1.", "0.0.0.0", "localhost",
            "LOCALHOST", "[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::]", "[64:ff9b::7f00:1]",
            "[2002:7f00:1::]",
        ])
    func guardedSpellings(host: String) async throws {
        let fixture = try Self.server("private")
        let answers = try await Self.answers(
            [Self.request("http://\(host):\(fixture.port)/", isGuarded: true)], on: fixture)
        switch try #require(answers.first) {
        case .failure(.connectFailed), .failure(.badAddress): break
        case let other: Issue.record("\(host): \(other)")
        }
    }

    /// Resolves the names of these tests.
    private static let names = PublicHost { name in
        switch name {
        case "rebound.example": [TestAddress.v4(8, 8, 8, 8), TestAddress.v4(169, 254, 169, 254)]
        case "inside.example": [TestAddress.v4(10, 0, 0, 1)]
        default: []
        }
    }

    @Test(
        "the guard lets no private or local name or address reach a proxy, however it is written",
        arguments: PublicHostTests.refused + ["rebound.example", "inside.example", "unknown.example"])
    func guardedBehindProxy(host: String) async throws {
        let proxy = try Self.server("proxy")
        for transport in [
            CurlTransport(variable: { _ in nil }, hosts: Self.names),
            CurlTransport(variable: { $0 == "http_proxy" ? "http://127.0.0.1:\(proxy.port)" : nil }, hosts: Self.names),
        ] {
            let loop = try Self.server("loop")
            let answers = try await Self.answers(
                [
                    Self.request("http://\(host)/", proxy: proxy.port, isGuarded: true),
                    Self.request("http://\(host):8080/x", proxy: proxy.port, isGuarded: true),
                ], on: loop, by: transport)
            for answer in answers {
                switch answer {
                case .failure(.connectFailed("Couldn't connect to server")), .failure(.badAddress): break
                case let other: Issue.record("\(host): \(other)")
                }
            }
        }
    }

    @Test("a SOCKS proxy is given the address that was checked, and does not look the name up again")
    func judgedAddress() async throws {
        let proxy = try SocksProxy()
        defer { proxy.stop() }
        let fixture = try Self.server("unused")
        for scheme in ["socks5h", "socks5"] {
            var request = Self.request("http://pictures.example/", isGuarded: true)
            request.proxy = "\(scheme)://127.0.0.1:\(proxy.port)"
            _ = try await Self.answers([request], on: fixture)
        }
        // Version 5, connect, an IPv4 address: 8.8.8.8, port 80.
        let asked: [UInt8] = [5, 1, 0, 1, 8, 8, 8, 8, 0, 80]
        #expect(proxy.asked == [asked, asked])
    }
}
