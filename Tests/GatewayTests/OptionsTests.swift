import Database
import TestKit
import TestTraits
import Testing

@testable import Gateway

@Suite(.inTurn) struct OptionsTests {
    private let directory = TemporaryDirectory()

    private func database(_ options: [(String, String)] = []) async throws -> SQLiteDatabase {
        let database = try SQLiteDatabase(path: directory.path + "/options.db")
        try await database.write { connection in for (key, value) in options { try connection.setOption(key, value) } }
        return database
    }

    @Test("rows override defaults, and numbers and switches are typed")
    func overrides() async throws {
        let store = try await OptionStore(
            database: database([("RetryTimes", "3"), ("PreConsumedQuota", "7"), ("LogConsumeEnabled", "false")]))
        let snapshot = store.snapshot
        #expect(snapshot.retryTimes == 3 && snapshot.preConsumedQuota == 7 && !snapshot.logsConsumption)
        #expect(snapshot.quotaPerUnit == 500_000 && snapshot.displaysCurrency && !snapshot.disablesChannels)
        #expect(store.unusable.isEmpty)
    }

    @Test(
        "a broken row that one-api stored is reported, and the default is used",
        arguments: [
            ("ModelRatio", "{broken"), ("GroupRatio", "[]"), ("QuotaPerUnit", "0"), ("QuotaPerUnit", "much"),
        ])
    func broken(key: String, value: String) async throws {
        let store = try await OptionStore(database: database([(key, value), ("SystemName", "Mine")]))
        #expect(store.unusable.count == 1 && store.unusable.first?.message.contains(key) == true)
        #expect(store.snapshot.quotaPerUnit == 500_000 && store.snapshot.prices.groups == ["default", "svip", "vip"])
        #expect(store.snapshot.text("SystemName") == "Mine")
    }

    @Test("options survive a restart, and concurrent changes do not overwrite one another")
    func restart() async throws {
        let database = try await database()
        let store = try await OptionStore(database: database)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<20 { group.addTask { try await store.set("Key\(number)", "\(number)") } }
            try await group.waitForAll()
        }
        for number in 0..<20 { #expect(store.snapshot.text("Key\(number)") == "\(number)") }
        let again = try await OptionStore(database: database)
        #expect(again.snapshot.texts == store.snapshot.texts)
    }

    @Test(
        "an option that another program broke keeps its last good value, and a deleted one gets its default"
    )
    func brokenLater() async throws {
        let database = try await database()
        let store = try await OptionStore(database: database)
        try await store.set("GroupRatio", #"{"mine":2}"#)
        try await store.set("Notice", "hello")
        try await database.write { connection in
            try connection.setOption("GroupRatio", "{broken")
            _ = try connection.run("DELETE FROM options WHERE key = 'Notice'")
        }
        try await store.set("SystemName", "x")
        #expect(store.snapshot.prices.groups == ["mine"] && store.snapshot.text("SystemName") == "x")
        #expect(store.snapshot.text("Notice") == "")
    }

    @Test(
        "values outside their limits are refused",
        arguments: [
            ("QuotaForNewUser", "1152921504606846977"), ("PreConsumedQuota", "9223372036854775807"),
            ("RetryTimes", "101"), ("SMTPPort", "65536"), ("QuotaPerUnit", "1e16"), ("QuotaPerUnit", "1e-10"),
            ("QuotaPerUnit", "nan"), ("ChannelDisableThreshold", "1e10"), ("a\u{7}b", "x"), ("Notice", "a\0b"),
        ])
    func limits(key: String, value: String) async throws {
        let store = try await OptionStore(database: database())
        await #expect(throws: OptionError.self) { try await store.set(key, value) }
    }

    @Test("stored numbers above the limit are read as the limit")
    func clamped() async throws {
        let rows = ["QuotaForNewUser", "PreConsumedQuota", "RetryTimes"].map { ($0, "9223372036854775807") }
        let snapshot = try await OptionStore(database: database(rows)).snapshot
        #expect(snapshot.newUserQuota == 1 << 60 && snapshot.preConsumedQuota == 1 << 60 && snapshot.retryTimes == 100)
    }

    @Test(
        "amounts are shown in currency or points, even the extreme ones",
        arguments: [
            ("true", "500000", 500_000, "＄1.000000 额度"), ("true", "500000", -1, "＄-0.000002 额度"),
            ("true", "500000", 0, "＄0.000000 额度"), ("false", "500000", 42, "42 点额度"),
            ("true", "0.00001", Int64.max, "＄9000000000000.000000 额度"),
            ("true", "0.00001", Int64.min, "＄-9000000000000.000000 额度"),
        ])
    func display(isCurrency: String, unit: String, quota: Int64, text: String) async throws {
        let options = [("DisplayInCurrencyEnabled", isCurrency), ("QuotaPerUnit", unit)]
        #expect(try await OptionStore(database: database(options)).snapshot.display(quota) == text)
    }
}
