import Chat
import HTTP
import Providers
import Synchronization
import TestTraits
import Testing

@testable import Gateway

/// Access tokens over time, which the tests set. Baidu issues its tokens, and Zhipu's are signed with the key.
@Suite(.inTurn) struct AccessTokensTests {
    private static let baidu = ProviderChannel(type: 15, baseURL: "http://baidu.example", key: "ak|sk")
    private static let zhipu = ProviderChannel(type: 16, baseURL: "http://zhipu.example", key: "id.secret")
    private static let refused = UpstreamFailure(kind: .authentication, status: 401, message: "expired")

    /// The tokens of a gateway whose upstream is a token service in memory.
    private struct Tokens: Sendable {
        let services: Services
        let service = TokenService()
        let tokens = AccessTokens()

        init() async throws {
            // The tokens need only the gateway's transport, so the gateway itself may be gone afterwards.
            let fixture = try await GatewayFixture()
            defer { withExtendedLifetime(fixture) {} }
            let parts = fixture.services
            services = try await Services(
                configuration: parts.configuration, database: parts.database, ledger: parts.ledger,
                options: parts.options, transport: service, log: parts.log)
        }

        /// - Parameter time: in seconds.
        func held(_ channel: ProviderChannel = baidu, at time: Double) async throws -> AccessTokens.Held? {
            let provider = try #require(ProviderRegistry.provider(of: channel.type))
            return try await tokens.token(
                for: channel, of: provider, time: Int64(time * 1000), services: services, call: UpstreamCall())
        }

        /// The token's text, followed by `+` if the token was made for this call.
        func text(_ channel: ProviderChannel = baidu, at time: Double) async throws -> String {
            let held = try #require(try await held(channel, at: time))
            return held.text + (held.isNew ? "+" : "")
        }
    }

    @Test("a token is used for nine tenths of its life and then renewed")
    func ahead() async throws {
        let tokens = try await Tokens()
        var seen: [String] = []
        for time in [0, 1, 899.999, 900, 901, 1799.999, 1800, 5000] { seen.append(try await tokens.text(at: time)) }
        #expect(seen == ["t1+", "t1", "t1", "t2+", "t2", "t2", "t3+", "t4+"])
    }

    @Test("while one call renews a token, other calls use the old one")
    func oneRenewer() async throws {
        let tokens = try await Tokens()
        #expect(try await tokens.text(at: 0) == "t1+")
        let gate = StubGate()
        tokens.service.hold(gate)
        async let renewed = tokens.text(at: 950)
        // Waits for a limited time, so that the test ends even if the renewal never comes.
        for _ in 0..<1_000_000 where tokens.service.exchanges < 2 { await Task.yield() }
        for time in [950, 960, 999.999] { #expect(try await tokens.text(at: time) == "t1") }
        gate.open()
        #expect(try await renewed == "t2+")
        #expect(try await tokens.text(at: 999.999) == "t2")
        #expect(tokens.service.exchanges == 2)
    }

    @Test("if a renewal fails, the old token is used until it expires, and the renewal is tried again after a minute")
    func failedRenewal() async throws {
        let tokens = try await Tokens()
        _ = try await tokens.text(at: 0)
        tokens.service.fail(true)
        var exchanges: [Int] = []
        for time in [900, 901, 959, 960, 999.999] {
            #expect(try await tokens.text(at: time) == "t1")
            exchanges.append(tokens.service.exchanges)
        }
        #expect(exchanges == [2, 2, 2, 3, 3])
        await #expect(throws: UpstreamFailure.self) { try await tokens.text(at: 1000) }
        tokens.service.fail(false)
        #expect(try await tokens.text(at: 1000) == "t5+")
    }

    @Test("a token signed with the key is kept, and a new one is signed shortly before it expires")
    func signed() async throws {
        let tokens = try await Tokens()
        let first = try await tokens.text(Self.zhipu, at: 0)
        #expect(first.hasSuffix("+") && first.split(separator: ".").count == 3)
        for time in [1, 27 * 60 - 0.001] {
            #expect(try await tokens.text(Self.zhipu, at: time) + "+" == first)
        }
        let second = try await tokens.text(Self.zhipu, at: 27 * 60)
        #expect(second.hasSuffix("+") && second != first)
        #expect(try await tokens.text(Self.zhipu, at: 28 * 60) + "+" == second)
        #expect(tokens.service.exchanges == 0)
    }

    @Test("keys, addresses and types each have their own token")
    func apart() async throws {
        let tokens = try await Tokens()
        var (key, address) = (Self.baidu, Self.baidu)
        key.key = "ak|other"
        address.baseURL = "http://other.example"
        for _ in 0..<2 {
            for channel in [Self.baidu, key, address, Self.zhipu] { _ = try await tokens.text(channel, at: 0) }
        }
        #expect(try await tokens.text(Self.baidu, at: 1) == "t1")
        #expect(try await tokens.text(key, at: 1) == "t2")
        #expect(try await tokens.text(address, at: 1) == "t3")
        #expect(tokens.service.exchanges == 3)
        // A key that is not in Zhipu's format, and a provider that needs no token.
        var odd = Self.zhipu
        odd.key = "nodot"
        #expect(try await tokens.held(odd, at: 0) == nil)
        #expect(try await tokens.held(ProviderChannel(type: 14, baseURL: "", key: "x"), at: 0) == nil)
    }

    @Test("a token with an impossible lifetime is neither kept nor an error", arguments: [-5, 0, Int64.min, .max])
    func lifetimes(_ lifetime: Int64) async throws {
        let tokens = try await Tokens()
        tokens.service.live(lifetime)
        _ = try await tokens.text(at: 1_700_000_000)
        #expect(try await tokens.text(at: 1_700_000_001) == (lifetime > 0 ? "t1" : "t2+"))
    }

    @Test("a call is worth a retry if its token was an old one", arguments: [baidu, zhipu])
    func oldOneRefused(_ channel: ProviderChannel) async throws {
        let tokens = try await Tokens()
        let new = try await tokens.held(channel, at: 0)
        let old = try await tokens.held(channel, at: 1)
        #expect(old?.text == new?.text)
        #expect(tokens.tokens.forget(Self.refused, old, of: channel))
        let next = try #require(try await tokens.held(channel, at: 2))
        #expect(next.isNew && next.text != old?.text)
        // The call that made the token need not retry, and nobody else gets the token.
        #expect(!tokens.tokens.forget(Self.refused, next, of: channel))
        #expect(try await tokens.held(channel, at: 3)?.isNew == true)
    }

    @Test("calls that were refused at the same time renew the token once")
    func together() async throws {
        let tokens = try await Tokens()
        _ = try await tokens.held(at: 0)
        let (one, other) = (try await tokens.held(at: 1), try await tokens.held(at: 1))
        #expect(tokens.tokens.forget(Self.refused, one, of: Self.baidu))
        #expect(try await tokens.text(at: 2) == "t2+")
        #expect(tokens.tokens.forget(Self.refused, other, of: Self.baidu))
        #expect(try await tokens.text(at: 2) == "t2")
    }

    @Test("other kinds of failure, and calls without a token, discard no token")
    func otherFailures() async throws {
        let tokens = try await Tokens()
        _ = try await tokens.held(at: 0)
        let old = try await tokens.held(at: 1)
        for kind in [UpstreamFailure.Kind.permission, .rateLimited, .server, .badRequest, .quotaExceeded] {
            let failure = UpstreamFailure(kind: kind, status: 400, message: "")
            #expect(!tokens.tokens.forget(failure, old, of: Self.baidu))
        }
        #expect(!tokens.tokens.forget(Self.refused, nil, of: Self.baidu))
        #expect(try await tokens.text(at: 1) == "t1")
    }
}

/// Issues `t1`, `t2` and so on, for 1000 seconds each by default.
private final class TokenService: Transport {
    private struct State {
        var exchanges = 0
        var isFailing = false
        var lifetime: Int64 = 1000
        var gate: StubGate?
    }

    private let state = Mutex(State())

    var exchanges: Int { state.withLock { $0.exchanges } }

    func hold(_ gate: StubGate) { state.withLock { $0.gate = gate } }
    func fail(_ fails: Bool) { state.withLock { $0.isFailing = fails } }
    func live(_ seconds: Int64) { state.withLock { $0.lifetime = seconds } }

    func send(_ request: UpstreamRequest, call: UpstreamCall) async throws(TransportError) -> UpstreamResponse {
        let now = state.withLock { state in
            state.exchanges += 1
            // Only one exchange waits at the gate.
            defer { state.gate = nil }
            return state
        }
        await now.gate?.wait()
        if now.isFailing { throw .connectFailed("down") }
        let body = #"{"access_token":"t\#(now.exchanges)","expires_in":\#(now.lifetime)}"#
        return try await InMemoryTransport { _ in .init(pieces: [Array(body.utf8)]) }.send(request, call: call)
    }
}
