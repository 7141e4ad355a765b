import Database
import JSON
import TestTraits
import Testing

@testable import Gateway

@Suite(.inTurn) struct ManagementSelfTests {
    @Test("a user can change their name, display name and password, and nothing else")
    func update() async throws {
        let gateway = try await ManagedGateway()
        let alice = try gateway.addUser("alice")
        let body: JSON = [
            "username": "alicia", "display_name": "Alicia", "role": 100, "quota": 9, "group": "vip", "id": 1,
        ]
        try gateway.data("PUT", "/api/user/self", body, headers: alice.headers)
        let own = try gateway.data("GET", "/api/user/self", headers: alice.headers)
        #expect(own["id"]?.int == alice.id && own["username"] == "alicia" && own["display_name"] == "Alicia")
        #expect(own["role"] == 1 && own["quota"] == 0 && own["group"] == "default")
        #expect(try gateway.logIn("alicia", "password1").cookie != nil)
    }

    @Test(
        "an edit of the own account that breaks a rule names the rule",
        arguments: [
            (#"{"username":"thirteen char"}"#, "输入不合法 username has more than 12 characters"),
            (#"{"display_name":"a display name far too long"}"#, "输入不合法 display_name has more than 20 characters"),
            (#"{"password":"1234567"}"#, "输入不合法 password must have 8 to 20 characters"),
            (#"{"username":"root"}"#, "用户名已被占用 / this username or code is taken"),
            (#"{"username":7}"#, "invalid parameter: username must be a string"),
        ])
    func refused(body: String, message: String) async throws {
        let gateway = try await ManagedGateway()
        let alice = try gateway.addUser("alice")
        let answer = try gateway.send("PUT", "/api/user/self", bytes: Array(body.utf8), headers: alice.headers)
        #expect(answer.message == message)
        #expect(try gateway.user(alice.id)["username"] == "alice")
    }

    @Test("a user can delete their own account, which ends the session")
    func delete() async throws {
        let gateway = try await ManagedGateway()
        let alice = try gateway.addUser("alice")
        try gateway.data("DELETE", "/api/user/self", headers: alice.headers)
        #expect(try gateway.refusal("GET", "/api/user/self", headers: alice.headers) == "用户已被封禁")
    }

    @Test("the invite code is made once")
    func affCode() async throws {
        let gateway = try await ManagedGateway()
        let code = try gateway.data("GET", "/api/user/aff").string ?? ""
        #expect(code.count == 4)
        #expect(try gateway.data("GET", "/api/user/aff").string == code)
        #expect(try gateway.user(1)["aff_code"]?.string == code)
    }

    @Test("the models of a user are those that enabled channels serve the user's group, sorted")
    func models() async throws {
        let gateway = try await ManagedGateway()
        #expect(try gateway.data("GET", "/api/user/available_models") == [])
        for (models, group, status) in [
            ("b,a,a", "default", 1), ("c", "vip", 1), ("d", "default", 2), ("e,b", "vip,default", 1),
        ] {
            try gateway.data(
                "POST", "/api/channel/",
                [
                    "type": 1, "key": "k", "models": .string(models), "group": .string(group), "status": .int(status),
                ])
        }
        #expect(try gateway.data("GET", "/api/user/available_models") == ["a", "b", "e"])
    }

    @Test("the built-in models are listed by channel type, for every type")
    func builtIn() async throws {
        let gateway = try await ManagedGateway()
        let data = try gateway.data("GET", "/api/models")
        #expect(data.keys.compactMap { Int($0) }.sorted() == Array(1...51))
        #expect(data["1"]?.array?.contains("gpt-4o") == true)
        #expect(data["34"] == [] && data["43"] == [])
        for type in 1...51 { #expect(data[String(type)]?.array != nil) }
    }

    @Test("the dashboard sums the last seven days by day and model, for the caller only")
    func dashboard() async throws {
        let now = LocalTime.now().seconds
        let gateway = try await ManagedGateway { connection in
            for (user, day, model, type) in [
                (1, 0, "m1", 2), (1, 0, "m1", 2), (1, 0, "m2", 2), (1, 6, "m1", 2), (1, 7, "m1", 2), (2, 0, "m1", 2),
                (1, 0, "m1", 1),
            ] as [(Int64, Int64, String, Int64)] {
                var log = LogRecord()
                (log.userID, log.createdAt, log.modelName, log.type) = (user, now - day * 86_400, model, type)
                (log.quota, log.promptTokens, log.completionTokens) = (10, 3, 4)
                try connection.insert(log)
            }
        }
        let data = try gateway.data("GET", "/api/user/dashboard")
        #expect(data[0]?.keys == ["Day", "ModelName", "RequestCount", "Quota", "PromptTokens", "CompletionTokens"])
        #expect(data.column("ModelName") == ["m1", "m1", "m2"])
        #expect(data.column("RequestCount") == [1, 2, 1])
        #expect(data[1]?["Quota"] == 20 && data[1]?["PromptTokens"] == 6 && data[1]?["CompletionTokens"] == 8)
    }
}
