import Database
import JSON
import TestTraits
import Testing

@testable import Gateway

@Suite(.inTurn) struct ManagementLogTests {
    /// Has twelve consume rows of two users, and one row of each other type.
    private static func gateway() async throws -> ManagedGateway {
        try await ManagedGateway { connection in
            for number in 1...12 as ClosedRange<Int64> {
                var log = LogRecord()
                (log.userID, log.username) = number % 2 == 0 ? (1, "root") : (2, "alice")
                (log.createdAt, log.type, log.quota) = (1000 + number, 2, number)
                (log.tokenName, log.modelName, log.channelID) = ("t\(number % 3)", "m\(number % 4)", number % 5)
                log.content = "content \(number)"
                try connection.insert(log)
            }
            for type in [1, 3, 4, 5] as [Int64] {
                var log = LogRecord()
                (log.userID, log.username, log.createdAt, log.type, log.quota) = (1, "root", 2000, type, 1000)
                log.content = "100%"
                try connection.insert(log)
            }
        }
    }

    @Test("a row has sixteen members")
    func shape() async throws {
        let gateway = try await Self.gateway()
        #expect(
            try gateway.data("GET", "/api/log/?type=2")[0]?.keys == [
                "id", "user_id", "created_at", "type", "content", "username", "token_name", "model_name", "quota",
                "prompt_tokens", "completion_tokens", "channel", "request_id", "elapsed_time", "is_stream",
                "system_prompt_reset",
            ])
    }

    @Test(
        "filters combine, bounds are inclusive, and pages have ten rows",
        arguments: [
            ("", [16, 15, 14, 13, 12, 11, 10, 9, 8, 7]), ("p=1", [6, 5, 4, 3, 2, 1]), ("p=2", []),
            ("type=2&p=1", [2, 1]),
            ("type=3", [14]), ("type=0&start_timestamp=1003&end_timestamp=1005", [5, 4, 3]),
            ("username=alice&token_name=t1", [7, 1]), ("model_name=m0", [12, 8, 4]), ("channel=3", [8, 3]),
            ("username=ali", []), ("username=alice&channel=2&model_name=m3", [7]),
        ] as [(String, [Int64])])
    func filters(query: String, ids: [Int64]) async throws {
        let gateway = try await Self.gateway()
        #expect(try gateway.data("GET", "/api/log/?\(query)").column("id").compactMap(\.int) == ids)
    }

    @Test("a user's own logs hide the rows' ids and other users' rows, whatever the query says")
    func own() async throws {
        let gateway = try await Self.gateway()
        let rows = try gateway.data("GET", "/api/log/self?username=alice&type=2")
        #expect(rows.column("content").first == "content 12" && rows.array?.count == 6)
        #expect(Set(rows.column("id").compactMap(\.int)) == [0])
        #expect(Set(rows.column("username").compactMap(\.string)) == ["root"])
        #expect(try gateway.data("GET", "/api/log/self?p=1").array?.count == 0)
    }

    @Test("the search matches a type or, for administrators, the beginning of the content")
    func search() async throws {
        let gateway = try await Self.gateway()
        #expect(try gateway.data("GET", "/api/log/search?keyword=content%201").array?.count == 4)
        #expect(try gateway.data("GET", "/api/log/search?keyword=3").column("id") == [14])
        #expect(try gateway.data("GET", "/api/log/search?keyword=100%25").array?.count == 4)
        #expect(try gateway.data("GET", "/api/log/search?keyword=%25") == [])
        #expect(try gateway.data("GET", "/api/log/self/search?keyword=2").array?.count == 6)
        #expect(try gateway.data("GET", "/api/log/self/search?keyword=content") == [])
    }

    @Test("statistics sum only what was consumed, whatever type is asked for; a user sees only their own sum")
    func statistics() async throws {
        let gateway = try await Self.gateway()
        #expect(try gateway.data("GET", "/api/log/stat") == ["quota": 78])
        #expect(try gateway.data("GET", "/api/log/stat?type=1&username=alice") == ["quota": 36])
        #expect(try gateway.data("GET", "/api/log/stat?start_timestamp=1011") == ["quota": 23])
        #expect(try gateway.data("GET", "/api/log/self/stat?username=alice") == ["quota": 42])
        #expect(try gateway.data("GET", "/api/log/stat?username=nobody") == ["quota": 0])
    }

    @Test("rows older than a time are deleted and counted; without a time the call is refused")
    func delete() async throws {
        let gateway = try await Self.gateway()
        #expect(try gateway.refusal("DELETE", "/api/log/") == "target timestamp is required")
        #expect(try gateway.data("DELETE", "/api/log/?target_timestamp=1004") == 3)
        #expect(try gateway.data("GET", "/api/log/?p=1").column("id") == [6, 5, 4])
    }

    @Test("groups are the names that have a ratio")
    func groups() async throws {
        let gateway = try await ManagedGateway()
        #expect(try gateway.data("GET", "/api/group/") == ["default", "svip", "vip"])
        try gateway.data("PUT", "/api/option/", ["key": "GroupRatio", "value": #"{"default":1,"team":0.5}"#])
        #expect(try gateway.data("GET", "/api/group/") == ["default", "team"])
    }
}
