import JSON
import MockKit
import TestTraits
import Testing

@Suite(.inTurn) struct AliErrorTests {
    @Test("A missing key, an invalid key and an unknown workspace")
    func doors() async throws {
        let mock = try Mock()
        let body = "{\"model\":\"qwen-plus\",\"input\":{\"prompt\":\"Hi\"}}"
        let none = try mock.ali("POST", Mock.generation, body, key: nil)
        #expect(none.status == 401)
        let id = try #require(none.header("x-request-id"))
        #expect(
            none.body == "{\"code\":\"InvalidApiKey\",\"message\":\"No API-key provided.\",\"request_id\":\"\(id)\"}")
        for key in ["abc", "sk-mock-bad"] {
            let bad = try mock.ali("POST", Mock.generation, body, key: key)
            #expect(bad.status == 401)
            #expect(bad.json?["message"]?.string == "Invalid API-key provided.")
        }
        let workspace = try mock.ali(
            "POST", Mock.generation, body, headers: ["X-DashScope-WorkSpace: ws-mock-bad"])
        #expect((workspace.status, workspace.code) == (403, "Workspace.AccessDenied"))
        let missing = try mock.ali(
            "POST", Mock.generation, body, headers: ["X-DashScope-WorkSpace: ws-mock-missing"])
        #expect((missing.status, missing.code) == (404, "WorkSpaceNotFound"))
        #expect(try mock.ali("GET", "api/v1/nothing").code == "NotFound")
        #expect(try mock.ali("GET", Mock.generation).status == 404)
        await mock.stop()
    }

    @Test(
        "A wrong request is refused with its own code",
        arguments: [
            ("", "BadRequest.EmptyInput", ""), ("{", "InvalidParameter", "Required parameter(s)"),
            ("{\"model\":\"qwen-plus\"}", "BadRequest.EmptyInput", "Required input parameter"),
            ("{\"input\":{\"prompt\":\"a\"}}", "BadRequest.EmptyModel", "\"model\""),
            ("{\"model\":\"qwen-plus\",\"input\":{\"prompt\":\"a\",\"messages\":[]}}", "InvalidParameter", "Role must"),
            ("{\"model\":\"nope\",\"input\":{\"prompt\":\"a\"}}", "ModelNotFound", "Model not found."),
            ("{\"model\":\"wanx-v1\",\"input\":{\"prompt\":\"a\"}}", "InvalidParameter", "Model not exist."),
        ])
    func bodies(body: String, code: String, message: String) async throws {
        let mock = try Mock()
        let reply = try mock.ali("POST", Mock.generation, body)
        #expect(reply.code == code)
        #expect(reply.json?["message"]?.string?.contains(message) == true)
        await mock.stop()
    }

    @Test(
        "A parameter out of its range, or a number sent as a string, is refused",
        arguments: [
            ("\"temperature\":2", "Temperature should be in [0.0, 2.0)"), ("\"temperature\":\"1\"", "Required"),
            ("\"top_p\":0", "Range of top_p should be (0.0, 1.0]"), ("\"max_tokens\":0", "Range of max_tokens"),
            ("\"max_tokens\":99999", "Range of max_tokens should be [1, 32768]"), ("\"n\":5", "Range of n"),
            ("\"presence_penalty\":3", "Presence_penalty"), ("\"repetition_penalty\":0", "Repetition_penalty"),
            ("\"seed\":-1", "seed"), ("\"stop\":[\"a\",[1]]", "stop"), ("\"tool_choice\":\"required\"", "tool_choice"),
            ("\"top_logprobs\":6", "top_logprobs"), ("\"result_format\":\"xml\"", "result_format"),
            ("\"enable_search\":1", "Required"), ("\"search_options\":{\"search_strategy\":\"x\"}", "search_strategy"),
        ])
    func parameters(parameters: String, message: String) async throws {
        let mock = try Mock()
        let reply = try mock.tellQwen("Hi", parameters: parameters)
        #expect((reply.status, reply.code) == (400, "InvalidParameter"))
        #expect(reply.json?["message"]?.string?.contains(message) == true)
        await mock.stop()
    }

    @Test("Allowed extremes: temperature 0, top_p 1 on newer models, token ids as stops, a penalty of 2")
    func borders() async throws {
        let mock = try Mock()
        for good in [
            "\"temperature\":0,\"top_p\":1", "\"stop\":[[37763,367]],\"presence_penalty\":-2", "\"stop\":[1,2]",
            "\"seed\":18446744073709551615", "\"top_k\":null",
        ] {
            #expect(try mock.tellQwen("Hi", parameters: good).status == 200, "\(good)")
        }
        #expect(try mock.tellQwen("Hi", model: "qwen2-72b-instruct", parameters: "\"top_p\":1").status == 400)
        await mock.stop()
    }

    @Test(
        "Wrong messages are refused with the recorded text",
        arguments: [
            "", "{\"role\":\"user\",\"content\":\"\"}", "{\"role\":\"robot\",\"content\":\"a\"}",
            "{\"role\":\"system\",\"content\":\"a\"}",
            "{\"role\":\"user\",\"content\":\"a\"},{\"role\":\"assistant\",\"content\":\"b\"}",
            "{\"role\":\"user\",\"content\":\"a\"},{\"role\":\"system\",\"content\":\"b\"}",
        ])
    func messages(messages: String) async throws {
        let mock = try Mock()
        let reply = try mock.askQwen(messages)
        #expect(reply.status == 400)
        #expect(
            reply.json?["message"]?.string
                == "Role must be user or assistant and Content length must be greater than 0")
        await mock.stop()
    }

    @Test("A partial assistant message may come last, and user turns may repeat")
    func partial() async throws {
        let mock = try Mock()
        let user = "{\"role\":\"user\",\"content\":\"a\"}"
        let partial = "{\"role\":\"assistant\",\"content\":\"b\",\"partial\":true}"
        #expect(try mock.askQwen("\(user),\(partial)").status == 200)
        #expect(try mock.askQwen("\(user),\(user)").status == 200)
        #expect(try mock.askQwen("{\"role\":\"user\",\"content\":[{\"image\":\"a\"}]}").status == 400)
        let long = String(repeating: "word ", count: 31_000)
        let reply = try mock.tellQwen(long, model: "qwen-max")
        #expect(reply.json?["message"]?.string == "Range of input length should be [1, 30720]")
        await mock.stop()
    }

    @Test(
        "The error catalogue knows native names, statuses and the names that other providers share",
        arguments: [
            ("InvalidApiKey", 401, "InvalidApiKey", "invalid_api_key"),
            ("no_api_key", 401, "InvalidApiKey", "invalid_api_key"),
            ("400", 400, "InvalidParameter", "invalid_parameter_error"),
            ("Arrearage", 400, "Arrearage", "Arrearage"),
            ("DataInspectionFailed", 400, "DataInspectionFailed", "data_inspection_failed"),
            ("403", 403, "AccessDenied", "access_denied"),
            ("AccessDenied.Unpurchased", 403, "AccessDenied.Unpurchased", "access_denied"),
            ("404", 404, "ModelNotFound", "model_not_found"), ("429", 429, "Throttling.RateQuota", "limit_requests"),
            ("Throttling.BurstRate", 429, "Throttling.BurstRate", "limit_burst_rate"),
            ("insufficient_quota", 429, "Throttling.AllocationQuota", "insufficient_quota"),
            ("500", 500, "InternalError", "internal_error"),
            ("internal_server_error", 500, "InternalError", "internal_server_error"),
            ("503", 503, "ModelUnavailable", "service_unavailable"),
        ])
    func catalogue(name: String, status: Int, code: String, compatible: String) async throws {
        let mock = try Mock()
        let reply = try mock.tellQwen("Hi", model: "mock-error-\(name)")
        #expect((reply.status, reply.code) == (status, code))
        #expect(reply.json?.object?.members.map(\.key) == ["code", "message", "request_id"])
        let twin = try mock.ali(
            "POST", "compatible-mode/v1/chat/completions", "{\"model\":\"mock-error-\(name)\",\"messages\":[]}")
        #expect(twin.status == status)
        #expect(twin.json?.object?.members.map(\.key) == ["error", "request_id"])
        #expect(twin.error?.object?.members.map(\.key) == ["message", "type", "param", "code"])
        #expect(twin.error?["code"]?.string == compatible)
        await mock.stop()
    }

    @Test(
        "Every other name in the catalogue gives its status, and an unknown name gives a 400",
        arguments: [
            ("InvalidURL", 400), ("UnsupportedOperation", 400), ("FlowNotPublished", 400),
            ("AllocationQuota.FreeTierOnly", 403), ("Model.AccessDenied", 403), ("NotFound", 404),
            ("WorkSpaceNotFound", 404), ("RequestTimeOut", 408), ("413", 413), ("BadRequest.InputDownloadFailed", 415),
            ("Throttling", 429), ("CommodityNotPurchased", 429), ("PrepaidBillOverdue", 429),
            ("PostpaidBillOverdue", 429), ("InternalError.Algo", 500), ("InternalError.Timeout", 500),
            ("SystemError", 500), ("ModelServiceFailed", 500), ("ModelServingError", 503), ("504", 504),
            ("BadRequest.EmptyParameters", 400), ("context_length_exceeded", 400), ("sync_calls", 403),
            ("free_quota", 429), ("timeout", 500), ("nothing-like-it", 400),
        ])
    func others(name: String, status: Int) async throws {
        let mock = try Mock()
        #expect(try mock.tellQwen("Hi", model: "mock-error-\(name)").status == status)
        await mock.stop()
    }
}
