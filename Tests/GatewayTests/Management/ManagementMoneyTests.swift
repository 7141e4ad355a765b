import Chat
import JSON
import TestKit
import TestTraits
import Testing

@testable import Database
@testable import Gateway

/// Changes of balances while others spend, and while the database is locked.
@Suite(.inTurn) struct ManagementMoneyTests {
    /// A database as one-api makes it, without AUTOINCREMENT on tokens.
    private static func oneAPIDatabase() throws -> TemporaryDirectory {
        let directory = TemporaryDirectory()
        let old = try Connection(path: directory.path + "/one-api.db", busyTimeout: 100, isReadOnly: false)
        try old.execute("CREATE TABLE \"tokens\" (`id` integer,`user_id` integer,`key` char(48),PRIMARY KEY (`id`))")
        return directory
    }

    @Test("concurrent top-ups and charges all count, and each top-up has its row")
    func concurrent() async throws {
        let gateway = try await ManagedGateway()
        let alice = try gateway.addUser("alice")
        try gateway.data("POST", "/api/topup", ["user_id": .int(alice.id), "quota": 1_000_000])
        let key = try await gateway.database.read { try $0.tokens(userID: alice.id, page: 0).first?.id }
        let token = try #require(key)
        let record = try #require(try await gateway.database.read { try $0.token(id: token) })
        let user = try #require(try await gateway.database.read { try $0.user(id: alice.id) })
        let ledger = gateway.gateway.services.ledger
        ledger.open(user: user, token: record)
        let spending = Task(executorPreference: TestThreads.shared) {
            for _ in 0..<2000 {
                try ledger.reserve(userID: alice.id, tokenID: token, amount: 3).settle(settlement(3))
                await Task.yield()
            }
        }
        for _ in 0..<40 { try gateway.data("POST", "/api/topup", ["user_id": .int(alice.id), "quota": 7]) }
        try await spending.value
        #expect(try gateway.user(alice.id)["quota"] == .int(1_000_000 + 40 * 7 - 2000 * 3))
        #expect(await ledger.flush())
        let rows = try await gateway.database.read {
            try $0.first("SELECT COUNT(*), SUM(quota) FROM logs WHERE type = 1") { [$0.int(0), $0.int(1)] }
        }
        #expect(rows == [41, 1_000_280])
        #expect(try await gateway.database.read { try $0.user(id: alice.id)?.quota } == 994_280)
    }

    @Test("a new token does not inherit the balance of a deleted one, even in one-api's database")
    func recreated() async throws {
        let gateway = try await ManagedGateway(in: try Self.oneAPIDatabase())
        let ledger = gateway.gateway.services.ledger
        let root = try #require(try await gateway.database.read { try $0.user(id: 1) })
        let first = try gateway.data("POST", "/api/token/", ["remain_quota": 1_000_000])["id"]?.int ?? 0
        ledger.open(user: root, token: try await gateway.database.read { try $0.token(id: first) })
        let late = try ledger.reserve(userID: 1, tokenID: first, amount: 10)
        try gateway.data("DELETE", "/api/token/\(first)")
        let second = try gateway.data("POST", "/api/token/", ["remain_quota": 5])
        let id = second["id"]?.int ?? 0
        #expect(id > first && second["remain_quota"] == 5)
        ledger.open(user: root, token: try await gateway.database.read { try $0.token(id: id) })
        late.settle(settlement(10))
        #expect(await ledger.flush())
        #expect(ledger.balance(ofToken: id) == 5)
        #expect(try gateway.data("GET", "/api/token/\(id)")["remain_quota"] == 5)
        #expect(try await gateway.database.read { try $0.user(id: 1)?.quota } == 500_000_000_000_000 - 10)
    }

    @Test("a remark too long for the row is refused, and the longest possible one is kept whole")
    func remark() async throws {
        let gateway = try await ManagedGateway()
        let longest = String(repeating: "长", count: LogRecord.journalLimits.content / 3)
        try gateway.data("POST", "/api/topup", ["user_id": 1, "quota": 1, "remark": .string(longest)])
        #expect(try gateway.data("GET", "/api/log/?type=1")[0]?["content"] == .string(longest))
        let refusal = try gateway.refusal(
            "POST", "/api/topup", ["user_id": 1, "quota": 1, "remark": .string(longest + "xx")])
        #expect(refusal.contains("remark"))
        #expect(try gateway.user(1)["quota"] == 500_000_000_000_001)
    }

    @Test("while another program locks the database, a top-up counts and says so, lists say what they lack, edits fail")
    func foreignLock() async throws {
        var configuration = Configuration.quiet
        configuration.busyTimeout = 200
        let gateway = try await ManagedGateway(configuration)
        let other = try Connection(
            path: gateway.directory.path + "/one-api.db", busyTimeout: 1000, isReadOnly: false)
        try other.execute("BEGIN IMMEDIATE")
        let topUp = try gateway.send("POST", "/api/topup", ["user_id": 1, "quota": 5]).json
        #expect(topUp["success"] == true && topUp["message"]?.string?.contains("journal") == true)
        let logs = try gateway.send("GET", "/api/log/").json
        #expect(logs["success"] == true && logs["data"] == [])
        #expect(logs["message"]?.string?.contains("may be missing") == true)
        let edit = try gateway.refusal("POST", "/api/token/", ["remain_quota": 1])
        #expect(edit.contains("nothing was changed"))
        try other.execute("ROLLBACK")
        #expect(try await becomesTrue { await gateway.gateway.services.ledger.flush() })
        #expect(try gateway.data("GET", "/api/log/?type=1").column("quota") == [5])
        #expect(try gateway.user(1)["quota"] == 500_000_000_000_005)
        #expect(try gateway.data("GET", "/api/token/") == [])
    }

    @Test("rows with extreme numbers do not overflow when they are added up", arguments: [Int64.max, .min])
    func absurdRows(end: Int64) async throws {
        let gateway = try await ManagedGateway()
        try await gateway.database.write { connection in
            var token = TokenRecord()
            (token.userID, token.key, token.remainQuota, token.usedQuota) = (1, "absurd", end, end)
            try connection.insert(token)
            try connection.run("UPDATE users SET quota = ?, used_quota = ?", [.int(end), .int(end)])
        }
        for path in ["subscription", "usage"] {
            let answer = try gateway.send("GET", "/dashboard/billing/\(path)", headers: ["Authorization: absurd"])
            #expect(answer.status == (end > 0 ? 200 : 401))
        }
        #expect(try gateway.send("POST", "/api/topup", ["user_id": 1, "quota": 5]).status == 200)
        #expect(try gateway.user(1)["quota"] == .int(end > 0 ? end : end + 5))
    }
}
