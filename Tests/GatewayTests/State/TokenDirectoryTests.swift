import Database
import EventLoop
import JSON
import TestTraits
import Testing

@testable import Gateway

@Suite(.inTurn) struct TokenDirectoryTests {
    private struct Failure: Error {}

    private final class Parts {
        let gateway: ManagedGateway
        let database: GatedDatabase
        var directory: TokenDirectory { gateway.gateway.services.tokens }

        init() async throws {
            var gated: GatedDatabase?
            var configuration = Configuration.quiet
            configuration.initialRootToken = Secret("roottoken")
            gateway = try await ManagedGateway(
                configuration,
                wrapping: { base in
                    let made = GatedDatabase(base)
                    gated = made
                    return made
                })
            database = try #require(gated)
        }
    }

    @Test("a token is read once, and again only after a change of it or its user")
    func reads() async throws {
        let parts = try await Parts()
        func readsOfOne() async throws -> Int {
            let before = parts.database.reads
            _ = try await parts.directory.principal(forKey: "roottoken")
            return parts.database.reads - before
        }
        #expect(try await readsOfOne() == 1)
        #expect(try await readsOfOne() == 0)
        await parts.directory.changing(token: 99) {}
        await parts.directory.changing(user: 99) {}
        #expect(try await readsOfOne() == 0)
        await parts.directory.changing(token: 1) {}
        #expect(try await readsOfOne() == 1)
        await parts.directory.changing(user: 1) {}
        #expect(try await readsOfOne() == 1)
        await #expect(throws: Failure.self) { try await parts.directory.changing(user: 1) { throw Failure() } }
        #expect(try await readsOfOne() == 1)
        #expect(try await readsOfOne() == 0)
    }

    @Test("while a change is under way nothing is cached, and afterwards it is")
    func duringChange() async throws {
        let parts = try await Parts()
        _ = try await parts.directory.principal(forKey: "roottoken")
        try await parts.directory.changing(token: 1) { () async throws -> Void in
            for _ in 0..<3 {
                let before = parts.database.reads
                #expect(try await parts.directory.principal(forKey: "roottoken") != nil)
                #expect(parts.database.reads == before + 1)
            }
        }
        let before = parts.database.reads
        for _ in 0..<3 { _ = try await parts.directory.principal(forKey: "roottoken") }
        #expect(parts.database.reads == before + 1)
    }

    @Test("an unknown key costs one read for a while, and a token made in the meantime is found")
    func unknown() async throws {
        let parts = try await Parts()
        let before = parts.database.reads
        for _ in 0..<5 { #expect(try await parts.directory.principal(forKey: "new") == nil) }
        #expect(parts.database.reads == before + 1)
        var token = TokenRecord()
        (token.userID, token.key) = (1, "new")
        let made = token
        try await parts.directory.changing(token: 0) {
            #expect(try await parts.directory.principal(forKey: "new") == nil)
            _ = try await parts.database.write { try $0.insert(made) }
        }
        #expect(try await parts.directory.principal(forKey: "new")?.token.userID == 1)
    }

    @Test("a key that was looked up before its token was made is not remembered as unknown")
    func unknownMeanwhile() async throws {
        let parts = try await Parts()
        let stop = parts.database.stop(.afterRead)
        let directory = parts.directory
        async let early = directory.principal(forKey: "new")
        #expect(await stop.reached())
        var token = TokenRecord()
        (token.userID, token.key) = (1, "new")
        let made = token
        try await directory.changing(token: 0) { _ = try await parts.gateway.database.write { try $0.insert(made) } }
        stop.goOn()
        _ = try await early
        #expect(try await directory.principal(forKey: "new")?.token.userID == 1)
    }

    @Test("a key is remembered as unknown for two seconds, and a very long one is not remembered")
    func unknownForAWhile() {
        var known = KnownPrincipals()
        known.noteUnknown("a", at: 10)
        #expect(known.isUnknown("a", at: 11) && known.isUnknown("a", at: 2_000_000_009))
        #expect(!known.isUnknown("a", at: 2_000_000_010) && !known.isUnknown("b", at: 11))
        known.noteUnknown(String(repeating: "x", count: 129), at: 10)
        #expect(known.unknown.count == 1)
        for number in 0..<30_000 { known.noteUnknown("k\(number)", at: .max) }
        #expect(known.unknown.count <= 10_000)
    }

    @Test("an edit under way does not prevent a token's balance from being opened")
    func editUnderWay() async throws {
        let parts = try await Parts()
        let ledger = parts.gateway.gateway.services.ledger
        try await parts.directory.changing(token: 1) {
            _ = try await parts.directory.principal(forKey: "roottoken")
            #expect(ledger.balance(ofToken: 1) != nil)
        }
    }

    @Test("a token that its owner extends while a request finds it expired stays enabled")
    func prolonged() async throws {
        let parts = try await Parts()
        let gateway = parts.gateway
        let made = try gateway.data("POST", "/api/token/", ["name": "a", "unlimited_quota": true, "expired_time": 1])
        let (id, key) = (made["id"] ?? 0, made["key"]?.string ?? "")
        let stop = parts.database.stop(.beforeWrite)
        let port = gateway.gateway.port
        let late = InBackground {
            try ManagedGateway.send(port, "GET", "/v1/models", nil, ["Authorization: Bearer sk-\(key)"])
        }
        #expect(await stop.reached())
        try gateway.data("PUT", "/api/token/", ["id": id, "unlimited_quota": true, "expired_time": -1])
        stop.goOn()
        #expect(try await late.result().status == 401)
        #expect(try gateway.data("GET", "/api/token/\(id.int ?? 0)")["status"] == 1)
        #expect(try gateway.send("GET", "/v1/models", headers: ["Authorization: Bearer sk-\(key)"]).status == 200)
    }

    @Test("a token that its owner refills while a request finds it exhausted stays enabled")
    func refilled() async throws {
        let parts = try await Parts()
        let gateway = parts.gateway
        let made = try gateway.data("POST", "/api/token/", ["name": "a", "remain_quota": 0])
        let (id, key) = (made["id"] ?? 0, made["key"]?.string ?? "")
        let stop = parts.database.stop(.beforeWrite)
        let port = gateway.gateway.port
        let late = InBackground {
            try ManagedGateway.send(port, "GET", "/v1/models", nil, ["Authorization: Bearer sk-\(key)"])
        }
        #expect(await stop.reached())
        try gateway.data("PUT", "/api/token/", ["id": id, "remain_quota": 700, "expired_time": -1])
        stop.goOn()
        #expect(try await late.result().status == 401)
        #expect(try gateway.data("GET", "/api/token/\(id.int ?? 0)")["status"] == 1)
    }
}
