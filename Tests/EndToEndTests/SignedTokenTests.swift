import JSON
import MockKit
import TestTraits
import Testing

@testable import Gateway

/// Zhipu's signed tokens through the gateway. If one is refused, a new one is signed and tried once (spec/wire/zhipu.md
/// §7).
@Suite(.inTurn) struct SignedTokenTests {
    private static let key = "mock-end-to-end.mock-end-to-end-secret"

    private func installation(key: String = key) async throws -> Installation {
        let installation = try await Installation(models: nil)
        try installation.addChannel(16, key, "/zhipu", models: "glm-4-flash,embedding-3")
        return installation
    }

    /// How often `body` makes the gateway call the upstream.
    private func calls(_ installation: Installation, of body: () throws -> Void) rethrows -> Int {
        installation.mock.journal.reset()
        try body()
        return installation.mock.journal.entries.count { $0.method == "POST" }
    }

    private func refuse(_ installation: Installation, _ word: String, count: Int) throws {
        installation.mock.add(try #require(Fault(name: "mock-error-" + word)), count: count)
    }

    @Test("an expired token is signed again for chats, streams, embeddings and a channel's test")
    func expired() async throws {
        let installation = try await installation()
        #expect(try installation.chat("x", model: "glm-4-flash").status == 200)
        for isStream in [false, true] {
            try refuse(installation, "1003", count: 1)
            let made = try calls(installation) { () throws in
                #expect(try installation.chat("x", model: "glm-4-flash", isStream: isStream).status == 200)
            }
            #expect(made == 2)
        }
        try refuse(installation, "1003", count: 1)
        let embedded = try calls(installation) { () throws in
            let answer = try installation.ask(
                "POST", "/v1/embeddings", key: "Bearer sk-roottoken", ["model": "embedding-3", "input": "x"])
            #expect(answer.status == 200, "\(answer.body)")
        }
        #expect(embedded == 2)
        try refuse(installation, "1003", count: 1)
        let tested = try calls(installation) { () throws in
            let test = try installation.ask("GET", "/api/channel/test/1?model=glm-4-flash", key: "rootaccess")
            #expect(test.body.contains("\"success\":true"), "\(test.body)")
        }
        #expect(tested == 2)
        await installation.close()
    }

    @Test("a key that was always wrong is tried once per call")
    func wrongKey() async throws {
        let installation = try await installation(key: "mock-bad.secret")
        for _ in 0..<3 {
            let made = try calls(installation) { () throws in
                #expect(try installation.chat("x", model: "glm-4-flash").status == 401)
            }
            #expect(made == 1)
        }
        await installation.close()
    }

    @Test("a key that becomes wrong is tried twice by the first call, then once by each")
    func revoked() async throws {
        let installation = try await installation()
        #expect(try installation.chat("x", model: "glm-4-flash").status == 200)
        try refuse(installation, "1003", count: 9)
        let made = try (0..<3).map { _ in
            try calls(installation) { () throws in
                #expect(try installation.chat("x", model: "glm-4-flash").status == 401)
            }
        }
        #expect(made == [2, 1, 1])
        await installation.close()
    }
}
