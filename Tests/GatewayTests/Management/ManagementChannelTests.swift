import Database
import HTTP
import JSON
import TestTraits
import Testing

@testable import Gateway

@Suite(.inTurn) struct ManagementChannelTests {
    static let members = [
        "id", "type", "key", "status", "name", "weight", "created_time", "test_time", "response_time", "base_url",
        "other", "balance", "balance_updated_time", "models", "group", "used_quota", "model_mapping", "priority",
        "config", "system_prompt",
    ]

    private func add(_ gateway: ManagedGateway, _ more: JSONObject = [:]) throws -> Int64 {
        var channel: JSONObject = ["type": 1, "name": "one", "key": "sk-secret", "models": "gpt-4o"]
        for member in more.members { channel[member.key] = member.value }
        try gateway.data("POST", "/api/channel/", .object(channel))
        return try gateway.newestID("/api/channel/")
    }

    private func abilities(_ gateway: ManagedGateway) async throws -> [String] {
        try await gateway.database.read { connection in
            try connection.rows("SELECT `group`, model, channel_id, enabled FROM abilities ORDER BY 1, 2, 3") {
                "\($0.text(0)) \($0.text(1)) \($0.int(2)) \($0.int(3))"
            }
        }
    }

    @Test("a channel always has twenty members, and never shows its key")
    func shape() async throws {
        let gateway = try await ManagedGateway()
        let id = try add(gateway)
        let list = try gateway.data("GET", "/api/channel/")[0] ?? .null
        #expect(list.keys == Self.members && list["key"] == "")
        #expect(list["status"] == 1 && list["group"] == "default" && list["priority"] == 0 && list["weight"] == 0)
        #expect(try gateway.data("GET", "/api/channel/\(id)") == list)
        #expect(try gateway.data("GET", "/api/channel/search?keyword=on")[0] == list)
        #expect(try gateway.data("PUT", "/api/channel/", ["id": .int(id)])["key"] == "")
    }

    @Test("each line of keys makes a channel with its abilities")
    func keys() async throws {
        let gateway = try await ManagedGateway()
        _ = try add(gateway, ["key": "k1\n\r\nk2\r\n", "models": "a,b,a", "group": "default,vip,default"])
        let stored = try await gateway.database.read { try $0.allChannels() }
        #expect(stored.map(\.key) == ["k1", "k2"] && stored.map(\.name) == ["one", "one"])
        #expect(
            try await abilities(gateway) == [
                "default a 1 1", "default a 2 1", "default b 1 1", "default b 2 1", "vip a 1 1", "vip a 2 1",
                "vip b 1 1", "vip b 2 1",
            ])
    }

    @Test("a key that a batch repeats makes only one channel, and the answer names the repeated lines")
    func repeatedKeys() async throws {
        let gateway = try await ManagedGateway()
        let batch: JSON = ["type": 1, "key": "k1\nk2\n\nk1\r\n k2 \nk3", "models": "a"]
        let answer = try gateway.send("POST", "/api/channel/", batch)
        #expect(answer.json["success"] == true && answer.message.hasSuffix("these lines repeat earlier ones: 4, 5"))
        #expect(!answer.text.contains("k1") && !answer.text.contains("k2"))
        #expect(try await gateway.database.read { try $0.allChannels().map(\.key) } == ["k1", "k2", "k3"])
        #expect(try gateway.send("POST", "/api/channel/", ["type": 1, "key": "k4\nk5"]).message == "")
    }

    @Test(
        "an empty mapping is stored as an empty text, for new channels and old",
        arguments: [.null, "null", " null ", "", "{}", " { } "] as [JSON])
    func emptyMapping(mapping: JSON) async throws {
        let gateway = try await ManagedGateway()
        let id = try add(gateway, ["model_mapping": mapping])
        #expect(try gateway.data("GET", "/api/channel/\(id)")["model_mapping"] == "")
        let edit: JSON = ["id": .int(id), "model_mapping": #"{"a":"b"}"#]
        #expect(try gateway.data("PUT", "/api/channel/", edit)["model_mapping"] == #"{"a":"b"}"#)
        #expect(try gateway.data("PUT", "/api/channel/", ["id": .int(id)])["model_mapping"] == #"{"a":"b"}"#)
        let emptied = try gateway.data("PUT", "/api/channel/", ["id": .int(id), "model_mapping": mapping])
        #expect(emptied["model_mapping"] == "")
    }

    @Test(
        "a channel that could not work is refused with the reason",
        arguments: [
            (#"{"type":33,"key":"k"}"#, "not served"), (#"{"type":999,"key":"k"}"#, "not served"),
            (#"{"key":"k"}"#, "not served"), (#"{"type":1,"key":"\n\n"}"#, "at least one key"),
            (#"{"type":16,"key":"no-dot"}"#, "one dot"), (#"{"type":15,"key":"a|b\nc"}"#, "APIKey|SecretKey"),
            (#"{"type":3,"key":"k"}"#, "base_url"),
            (#"{"type":1}"#, "at least one key"), (#"{"type":8,"key":"k"}"#, "base_url"),
            (#"{"type":1,"key":"k","base_url":"ftp://x"}"#, "base_url"),
            (#"{"type":1,"key":"k","model_mapping":"{"}"#, "model_mapping"),
            (#"{"type":1,"key":"k","model_mapping":"{\"a\":1}"}"#, "model_mapping"),
            (#"{"type":"1","key":"k"}"#, "type must be an integer"), ("", "invalid parameter"),
        ])
    func refused(body: String, part: String) async throws {
        let gateway = try await ManagedGateway()
        let answer = try gateway.send("POST", "/api/channel/", bytes: Array(body.utf8))
        #expect(
            answer.status == 200 && answer.json["success"] == false && answer.message.contains(part), "\(answer.text)")
        #expect(try gateway.data("GET", "/api/channel/") == [])
    }

    @Test("an edit keeps what it does not name and the key, and empties only what may be empty")
    func update() async throws {
        let gateway = try await ManagedGateway()
        let id = try add(gateway, ["base_url": "https://up.test", "system_prompt": "be brief", "priority": 5])
        let edited = try gateway.data(
            "PUT", "/api/channel/",
            [
                "id": .int(id), "name": "two", "key": "", "models": "", "base_url": "", "system_prompt": "",
                "priority": 0,
                "used_quota": 99, "balance": 7, "response_time": 1,
            ])
        #expect(edited["name"] == "two" && edited["models"] == "gpt-4o" && edited["base_url"] == "")
        #expect(edited["system_prompt"] == "" && edited["priority"] == 0)
        #expect(edited["used_quota"] == 0 && edited["balance"] == 0 && edited["response_time"] == 0)
        #expect(try await gateway.database.read { try $0.channel(id: id)?.key } == "sk-secret")
        #expect(try gateway.refusal("PUT", "/api/channel/", ["name": "x"]) == "WHERE conditions required")
        #expect(try gateway.refusal("PUT", "/api/channel/", ["id": 99, "name": "x"]) == "record not found")
        #expect(try gateway.refusal("PUT", "/api/channel/", ["id": .int(id), "type": 33]).contains("not served"))
    }

    @Test("a change of status or models holds from the next request on")
    func routing() async throws {
        let gateway = try await ManagedGateway()
        let id = try add(gateway)
        func served() throws -> JSON { try gateway.data("GET", "/api/user/available_models") }
        #expect(try served() == ["gpt-4o"])
        try gateway.data("PUT", "/api/channel/", ["id": .int(id), "status": 2])
        #expect(try served() == [])
        #expect(try await abilities(gateway) == ["default gpt-4o \(id) 0"])
        try gateway.data("PUT", "/api/channel/", ["id": .int(id), "status": 1, "models": "o1"])
        #expect(try served() == ["o1"])
        #expect(try await abilities(gateway) == ["default o1 \(id) 1"])
        try gateway.data("DELETE", "/api/channel/\(id)")
        #expect(try served() == [])
        #expect(try await abilities(gateway) == [])
        try gateway.data("DELETE", "/api/channel/\(id)")
        #expect(try gateway.refusal("GET", "/api/channel/\(id)") == "record not found")
    }

    @Test("all disabled channels are deleted together with their abilities, and the answer counts them")
    func deleteDisabled() async throws {
        let gateway = try await ManagedGateway()
        for status: Int64 in [1, 2, 3, 2] { _ = try add(gateway, ["status": .int(status)]) }
        #expect(try gateway.data("DELETE", "/api/channel/disabled") == 3)
        #expect(try gateway.data("GET", "/api/channel/").column("id") == [1])
        #expect(try await abilities(gateway) == ["default gpt-4o 1 1"])
    }

    @Test("lists have pages of ten, newest first; the search finds an id or the beginning of a name")
    func lists() async throws {
        let gateway = try await ManagedGateway()
        for number in 1...11 { _ = try add(gateway, ["name": .string("n\(number)")]) }
        #expect(try gateway.data("GET", "/api/channel/").column("id").first == 11)
        #expect(try gateway.data("GET", "/api/channel/?p=1").column("id") == [1])
        #expect(try gateway.data("GET", "/api/channel/search?keyword=7").column("id") == [7])
        #expect(try gateway.data("GET", "/api/channel/search?keyword=n1").column("id") == [11, 10, 1])
        #expect(try gateway.data("GET", "/api/channel/search?keyword=nothing") == [])
    }

    @Test("the model list is OpenAI's, without the envelope")
    func models() async throws {
        let gateway = try await ManagedGateway()
        let answer = try gateway.send("GET", "/api/channel/models").json
        #expect(answer.keys == ["object", "data"] && answer["object"] == "list")
        let entry = answer["data"]?.array?.first { $0["id"] == "gpt-4o" }
        #expect(entry?.keys == ["id", "object", "created", "owned_by", "permission", "root", "parent"])
        #expect(entry?["created"] == 1_626_777_600 && entry?["parent"] == .null)
        #expect(entry?["permission"]?[0]?["id"] == "modelperm-LwHkVFn8AcMItP432fKKDIKJ")
    }

    @Test("a test asks the channel with its own key and mapping, and records the reply")
    func test() async throws {
        let gateway = try await ManagedGateway(upstream: { request throws(TransportError) in
            let body = (try? JSON.parse(request.body)) ?? .null
            let isRight = request.headers["Authorization"] == "Bearer sk-secret" && body["model"] == "upstream-name"
            return .json(200, ["choices": [["message": ["content": .string(isRight ? "I am here" : "who?")]]]])
        })
        let id = try add(gateway, ["model_mapping": #"{"gpt-4o":"upstream-name"}"#])
        let answer = try gateway.send("GET", "/api/channel/test/\(id)?model=gpt-4o").json
        #expect(answer.keys == ["success", "message", "time", "modelName"])
        #expect(answer["success"] == true && answer["message"] == "I am here" && answer["modelName"] == "gpt-4o")
        #expect((answer["time"]?.double ?? -1) >= 0)
        let log = try gateway.data("GET", "/api/log/?type=5")[0]
        #expect(log?["content"] == "渠道 one 测试成功，响应：I am here" && log?["channel"]?.int == id)
        #expect((try gateway.data("GET", "/api/channel/\(id)")["test_time"]?.int ?? 0) > 0)
    }

    @Test("a failed test gives the reason, reports a time of 0, and is recorded")
    func failedTest() async throws {
        let gateway = try await ManagedGateway(upstream: { _ throws(TransportError) in
            .json(
                401,
                ["error": ["message": "Incorrect API key", "type": "invalid_request_error", "code": "invalid_api_key"]])
        })
        let id = try add(gateway)
        let answer = try gateway.send("GET", "/api/channel/test/\(id)").json
        #expect(answer["success"] == false && answer["time"] == 0 && answer["modelName"] == "")
        #expect(answer["message"]?.string?.hasPrefix("http status code: 401, error message: Incorrect API key") == true)
        #expect(
            try gateway.data("GET", "/api/log/?type=5")[0]?["content"]?.string?.hasPrefix("渠道 one 测试失败，错误：") == true)
        #expect(try gateway.refusal("GET", "/api/channel/test/99") == "record not found")
    }

    @Test(
        "routes that are not served yet say so",
        arguments: [
            "/api/channel/test", "/api/channel/update_balance", "/api/channel/update_balance/1",
        ])
    func notYet(path: String) async throws {
        let gateway = try await ManagedGateway()
        #expect(try gateway.refusal("GET", path).hasPrefix("尚未实现"))
    }
}
