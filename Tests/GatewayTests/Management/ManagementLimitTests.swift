import Database
import JSON
import TestKit
import TestTraits
import Testing

@testable import Gateway

@Suite(.inTurn) struct ManagementLimitTests {
    @Test(
        "a channel's numbers and texts have limits, and the refusal names what is beyond them",
        arguments: [
            (#""weight":9223372036854775807"#, "weight must be an integer from 0 to 1000000"),
            (#""weight":-1"#, "weight must be"), (#""weight":1.5"#, "weight must be an integer"),
            (#""weight":99999999999999999999"#, "invalid parameter"),
            (#""priority":9223372036854775807"#, "priority must be an integer from -1000000000 to 1000000000"),
            (#""priority":-9223372036854775808"#, "priority must be"),
            (#""status":4"#, "status must be one of 1, 2, 3"),
            (#""status":-1"#, "status must be"), (#""type":-1"#, "type must be an integer from 0"),
            (#""type":9223372036854775807"#, "type must be"), (#""name":"\u0000""#, "name must be a string"),
            (#""base_url":"https://a b""#, "base_url must not hold"),
            (#""base_url":"https://a\\b""#, "base_url must not"),
            (#""base_url":"https://a\r\nX: y""#, "base_url must not"), (#""key":"a\u0000b""#, "key must be a string"),
            (#""group":"\#(String(repeating: "g", count: 33))""#, "a group's name has at most 32 characters"),
            (#""name":"\#(String(repeating: "n", count: 192))""#, "name must be a string of at most 191"),
            (#""models":"\#(String(repeating: "m", count: 65_537))""#, "models must be a string of at most 65536"),
            (#""base_url":"https://\#(String(repeating: "u", count: 2048))""#, "base_url must be a string"),
        ])
    func channels(member: String, message: String) async throws {
        let gateway = try await ManagedGateway()
        let create = #"{"type":1,"key":"k","models":"m",\#(member)}"#
        #expect(try gateway.send("POST", "/api/channel/", bytes: Array(create.utf8)).message.contains(message))
        #expect(try gateway.data("GET", "/api/channel/") == [])
        try gateway.data("POST", "/api/channel/", ["type": 1, "key": "k", "models": "m"])
        let before = try gateway.data("GET", "/api/channel/1")
        let edit = #"{"id":1,\#(member)}"#
        #expect(try gateway.send("PUT", "/api/channel/", bytes: Array(edit.utf8)).message.contains(message))
        #expect(try gateway.data("GET", "/api/channel/1") == before)
    }

    @Test("values exactly at a limit are accepted")
    func atTheLimit() async throws {
        let gateway = try await ManagedGateway()
        let text = String(repeating: "é", count: 191)
        try gateway.data(
            "POST", "/api/channel/",
            [
                "type": 1, "key": "k", "models": "m", "weight": 1_000_000, "priority": -1_000_000_000,
                "name": .string(text),
            ])
        let channel = try gateway.data("GET", "/api/channel/1")
        #expect(channel["weight"] == 1_000_000 && channel["priority"] == -1_000_000_000)
        #expect(channel["name"]?.string == text)
        let token = try gateway.data(
            "POST", "/api/token/",
            [
                "models": .string(String(repeating: "m", count: 16_384)), "expired_time": 253_402_300_799,
                "subnet": .string((0..<100).map { "10.0.\($0).0/24" }.joined(separator: ",")),
            ])
        #expect(token["expired_time"] == 253_402_300_799)
    }

    @Test(
        "a token's texts and times have limits",
        arguments: [
            (#"{"models":"\#(String(repeating: "m", count: 16_385))"}"#, "models must be a string of at most 16384"),
            (#"{"subnet":"\#(String(repeating: "10.0.0.0/8,", count: 200))"}"#, "subnet must be a string of at most"),
            (#"{"expired_time":9223372036854775807}"#, "expired_time must be an integer from -1 to 253402300799"),
            (#"{"expired_time":-2}"#, "expired_time must be"), (#"{"name":"a\u0000"}"#, "令牌名称过长"),
            (#"{"models":"a\u0000b"}"#, "models must be"), (#"{"remain_quota":9223372036854775807}"#, "remain_quota"),
        ])
    func tokens(body: String, message: String) async throws {
        let gateway = try await ManagedGateway()
        #expect(try gateway.send("POST", "/api/token/", bytes: Array(body.utf8)).message.contains(message))
        let made = try gateway.data("POST", "/api/token/", ["name": "a"])
        let edit = #"{"id":\#(made["id"]?.int ?? 0),"# + body.dropFirst()
        #expect(try gateway.send("PUT", "/api/token/", bytes: Array(edit.utf8)).message.contains(message))
        #expect(try gateway.data("GET", "/api/token/")[0] == made)
    }

    /// A directory whose database already has root, since root is made only in a database without users. The gateway
    /// that made it has released the journal.
    private func rootedDirectory() async throws -> TemporaryDirectory {
        let gateway = try await ManagedGateway()
        await gateway.shutDown()
        return gateway.directory
    }

    @Test("rows that one-api left with impossible numbers are read as the nearest possible ones")
    func hostileRows() async throws {
        for extreme in [Int64.max, Int64.min] {
            var record = ChannelRecord()
            (record.weight, record.priority, record.type, record.status) = (extreme, extreme, extreme, extreme)
            record.models = "m"
            let channel = Channel(record)
            #expect(channel.weight == (extreme > 0 ? 1_000_000 : 1))
            #expect(channel.priority == (extreme > 0 ? 1_000_000_000 : -1_000_000_000))
            #expect(channel.type == Int(extreme) && !channel.isEnabled)
        }
        let gateway = try await ManagedGateway(in: rootedDirectory()) { connection in
            for (index, extreme) in [Int64.max, Int64.max, Int64.min].enumerated() {
                var channel = ChannelRecord()
                (channel.type, channel.key, channel.models) = (1, "k", "m")
                (channel.weight, channel.priority) = (extreme, extreme)
                channel.usedQuota = extreme
                try connection.insert(channel)
                var user = UserRecord()
                (user.username, user.accessToken, user.affCode) = ("u\(index)", "access\(index)", "aff\(index)")
                (user.quota, user.usedQuota, user.requestCount, user.role) = (extreme, extreme, extreme, extreme)
                try connection.insert(user)
                var token = TokenRecord()
                (token.userID, token.key, token.status) = (1, "key\(index)", extreme)
                (token.expiredTime, token.createdTime, token.accessedTime) = (extreme, extreme, extreme)
                try connection.insert(token)
            }
            for _ in 0..<3 {
                var log = LogRecord()
                (log.userID, log.type, log.quota) = (1, 2, Int64.max)
                (log.promptTokens, log.completionTokens, log.createdAt) = (.max, .max, LocalTime.now().seconds)
                (log.channelID, log.elapsedTime) = (.min, .max)
                try connection.insert(log)
            }
            for key in ["QuotaForNewUser", "PreConsumedQuota", "RetryTimes", "QuotaRemindThreshold", "SMTPPort"] {
                try connection.setOption(key, String(key.count % 2 == 0 ? Int64.max : Int64.min))
            }
        }
        for path in [
            "/api/channel/", "/api/user/", "/api/token/", "/api/user/search?keyword=u", "/api/option/", "/api/log/",
            "/api/user/dashboard", "/api/status", "/api/channel/search?keyword=-9223372036854775808", "/api/log/stat",
            "/api/log/self/stat",
        ] {
            #expect(try gateway.send("GET", path).json["success"] == true, "\(path)")
        }
        for key in ["key0", "key1", "key2"] {
            let answer = try gateway.send("GET", "/v1/models", headers: ["Authorization: Bearer sk-\(key)"])
            #expect(answer.status == 401)
        }
    }

    @Test("numbers in queries may have any value")
    func queries() async throws {
        let gateway = try await ManagedGateway()
        for number in ["9223372036854775807", "-9223372036854775808", "99999999999999999999", "x", "%00", "1e9", ""] {
            for path in [
                "/api/user/?p=\(number)", "/api/token/?p=\(number)", "/api/channel/?p=\(number)",
                "/api/log/?p=\(number)&type=\(number)&start_timestamp=\(number)&end_timestamp=\(number)&channel=\(number)",
                "/api/log/stat?type=\(number)&start_timestamp=\(number)&end_timestamp=\(number)&channel=\(number)",
                "/api/log/self/search?keyword=\(number)", "/api/user/search?keyword=\(number)",
                "/api/user/\(number)", "/api/token/\(number)", "/api/channel/\(number)", "/api/channel/test/\(number)",
            ] {
                let answer = try gateway.send("GET", path)
                #expect([200, 301].contains(answer.status), "\(path): \(answer.text)")
            }
            let deleted = try gateway.send("DELETE", "/api/log/?target_timestamp=\(number)")
            #expect(deleted.json["success"] != nil)
        }
    }
}
