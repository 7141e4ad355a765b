import Gateway
import JSON

/// What no damaged request may cause in a whole gateway: no answer, an internal error, or an answer that is no JSON.
func complaint(about answer: (status: Int, body: [UInt8]), _ request: String) -> String? {
    if answer.status == 0 { return "no answer to \(request)" }
    if answer.status == 500 { return "500 to \(request): \(String(decoding: answer.body, as: UTF8.self))" }
    let isObject = answer.body.first == 0x7b
    if isObject, (try? JSON.parse(answer.body)) == nil { return "an answer that cannot be read to \(request)" }
    return nil
}

/// A body with its route.
private struct Sample {
    let method: String
    let path: String
    let body: [UInt8]
    init(_ method: String, _ path: String, _ body: String = "") {
        (self.method, self.path, self.body) = (method, path, Array(body.utf8))
    }
}

/// Every management route with a damaged body, path or query, as root.
final class ManagementTarget: FuzzTarget {
    let name = "management"
    let samples: [[UInt8]] = ManagementTarget.routes.map(\.body)
    private let gateway: FuzzGateway
    private var asked = 0

    init() throws { gateway = try FuzzGateway() }

    private static let routes: [Sample] = [
        Sample("GET", "/api/channel/?p=0"), Sample("GET", "/api/channel/search?keyword=a"),
        Sample("GET", "/api/channel/1"), Sample("GET", "/api/channel/test/1?model=gpt-4o"),
        Sample(
            "POST", "/api/channel/",
            #"{"type":1,"name":"a","status":1,"key":"k\nl","base_url":"","models":"gpt-4o","group":"default","model_mapping":"{\"a\":\"b\"}","weight":1,"priority":2,"config":"{}","other":"","system_prompt":"s"}"#
        ),
        Sample(
            "PUT", "/api/channel/",
            #"{"id":1,"type":1,"name":"b","status":1,"base_url":"http://a","models":"gpt-4o,dall-e-3","weight":3,"priority":-4,"key":"k"}"#
        ),
        Sample("DELETE", "/api/channel/99"), Sample("DELETE", "/api/channel/disabled"),
        Sample("GET", "/api/token/?p=0&order=remain_quota"),
        Sample("GET", "/api/token/search?keyword=a"), Sample("GET", "/api/token/1"),
        Sample(
            "POST", "/api/token/",
            #"{"name":"a","expired_time":-1,"remain_quota":500,"unlimited_quota":false,"models":"gpt-4o","subnet":"10.0.0.0/8"}"#
        ),
        Sample(
            "PUT", "/api/token/",
            #"{"id":1,"name":"b","status":1,"expired_time":-1,"remain_quota":500,"unlimited_quota":false}"#),
        Sample("PUT", "/api/token/?status_only=1", #"{"id":1,"status":1}"#), Sample("DELETE", "/api/token/99"),
        Sample("GET", "/api/user/?p=0&order=quota"), Sample("GET", "/api/user/search?keyword=r"),
        Sample("GET", "/api/user/1"), Sample("GET", "/api/user/self"), Sample("GET", "/api/user/dashboard"),
        Sample("GET", "/api/user/aff"), Sample("GET", "/api/user/available_models"), Sample("GET", "/api/models"),
        Sample("POST", "/api/user/", #"{"username":"ann","password":"12345","display_name":"Ann"}"#),
        Sample("PUT", "/api/user/", #"{"id":1,"username":"root","quota":700,"group":"default","role":100}"#),
        Sample("PUT", "/api/user/self", #"{"username":"root","display_name":"R"}"#),
        Sample("POST", "/api/user/manage", #"{"username":"ann","action":"disable"}"#),
        Sample("POST", "/api/topup", #"{"user_id":1,"quota":100,"remark":"r"}"#),
        Sample("POST", "/api/user/login", #"{"username":"nobody","password":"12345678"}"#),
        Sample("GET", "/api/log/?p=0&type=2&start_timestamp=1&end_timestamp=2&channel=1&token_name=a"),
        Sample("GET", "/api/log/self?p=1"), Sample("GET", "/api/log/search?keyword=a"),
        Sample("GET", "/api/log/stat?start_timestamp=1&end_timestamp=9"), Sample("GET", "/api/log/self/stat"),
        Sample("DELETE", "/api/log/?target_timestamp=1"), Sample("GET", "/api/option/"), Sample("GET", "/api/group/"),
        Sample("PUT", "/api/option/", #"{"key":"QuotaPerUnit","value":"500000"}"#),
        Sample("PUT", "/api/option/", #"{"key":"ModelRatio","value":"{\"gpt-4o\":1.25}"}"#),
        Sample("PUT", "/api/option/", #"{"key":"RetryTimes","value":"3"}"#),
        Sample("PUT", "/api/option/", #"{"key":"PreConsumedQuota","value":"500"}"#),
        Sample("GET", "/api/status"), Sample("GET", "/v1/dashboard/billing/usage?start_date=1"),
    ]

    func check(_ input: [UInt8], _ generator: inout Generator) -> String? {
        asked += 1
        if asked % 128 == 0 { restore() }
        // Mostly send a body to its own route, and sometimes to another.
        let own = Self.routes.filter { !$0.body.isEmpty && $0.body.prefix(12) == input.prefix(12) }
        let all = own.isEmpty || generator.below(8) == 0 ? Self.routes : own
        let route = all[generator.below(all.count)]
        let path = generator.below(2) == 0 ? route.path : Self.damaged(route.path, &generator)
        let body = route.method == "GET" && generator.below(8) > 0 ? nil : input
        LastInput.becomes("\(route.method) \(path) \(String(decoding: body ?? [], as: UTF8.self))")
        let answer = gateway.ask(route.method, path, body, key: "rootaccess")
        return complaint(about: answer, "\(route.method) \(path)")
    }

    /// A path that is still a single word in the request line.
    private static func damaged(_ path: String, _ generator: inout Generator) -> String {
        let bytes = generator.damaged(Array(path.utf8)).filter { $0 > 0x20 && $0 < 0x7f && $0 != 0x23 }
        return bytes.first == 0x2f ? String(decoding: bytes, as: UTF8.self) : path
    }

    /// Restores root and removes added rows.
    private func restore() {
        try? gateway.change(
            "UPDATE users SET access_token = 'rootaccess', status = 1, role = 100, username = 'root' WHERE id = 1",
            "DELETE FROM users WHERE id > 4", "DELETE FROM tokens WHERE id > 4", "DELETE FROM channels WHERE id > 4",
            "DELETE FROM logs WHERE id % 7 = 0")
        try? gateway.refresh()
    }
}

/// Every relay endpoint with a damaged body and a damaged answer, including the charge and the log row.
final class RelayStackTarget: FuzzTarget {
    let name = "relayed requests"
    let samples: [[UInt8]] = RelayStackTarget.calls.map(\.body)
    private let gateway: FuzzGateway

    init() throws { gateway = try FuzzGateway() }

    private static let calls: [Sample] = [
        Sample(
            "POST", "/v1/chat/completions",
            #"{"model":"gpt-4o","messages":[{"role":"user","content":"hi"}],"max_tokens":100,"n":2,"stream":true,"stream_options":{"include_usage":true}}"#
        ),
        Sample(
            "POST", "/v1/chat/completions",
            #"{"model":"gpt-4o","messages":[{"role":"user","content":[{"type":"text","text":"a"},{"type":"image_url","image_url":{"url":"data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg=="}}]}],"max_completion_tokens":7}"#
        ),
        Sample("POST", "/v1/embeddings", #"{"model":"text-embedding-3-small","input":["a",[1,2]],"dimensions":8}"#),
        Sample(
            "POST", "/v1/images/generations",
            #"{"model":"dall-e-3","prompt":"a","n":1,"size":"1024x1024","quality":"hd"}"#),
        Sample("POST", "/v1/completions", #"{"model":"gpt-4o","prompt":"a","max_tokens":5,"n":2}"#),
        Sample("POST", "/v1/moderations", #"{"model":"gpt-4o","input":["a"]}"#), Sample("GET", "/v1/models"),
        Sample("GET", "/v1/models/gpt-4o"), Sample("GET", "/dashboard/billing/subscription"),
    ]

    private static let answers: [[UInt8]] = [
        #"{"id":"a","object":"chat.completion","model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"b"},"finish_reason":"stop"}],"usage":{"prompt_tokens":10,"completion_tokens":5,"total_tokens":15,"prompt_tokens_details":{"cached_tokens":3,"audio_tokens":1},"completion_tokens_details":{"audio_tokens":2}}}"#,
        "data: {\"id\":\"a\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"b\"}}]}\n\ndata: {\"choices\":[],\"usage\":{\"prompt_tokens\":10,\"completion_tokens\":5,\"total_tokens\":15}}\n\ndata: [DONE]\n\n",
        #"{"object":"list","data":[{"index":0,"embedding":[0.5]}],"usage":{"prompt_tokens":3,"total_tokens":3}}"#,
        #"{"created":1,"data":[{"b64_json":"aGk="}],"usage":{"input_tokens":3,"output_tokens":9,"total_tokens":12}}"#,
        #"{"error":{"message":"no","type":"t","code":429}}"#,
    ].map { Array($0.utf8) }

    func check(_ input: [UInt8], _ generator: inout Generator) -> String? {
        let status = [200, 200, 200, 200, 400, 429, 500][generator.below(7)]
        gateway.upstream.answers(status, generator.damaged(generator.pick(Self.answers)))
        let own = Self.calls.filter { $0.body.prefix(16) == input.prefix(16) }
        let all = own.isEmpty || generator.below(8) == 0 ? Self.calls : own
        let call = all[generator.below(all.count)]
        LastInput.becomes(call.path)
        let answer = gateway.ask(call.method, call.path, call.method == "GET" ? nil : input, key: "sk-roottoken")
        if answer.status == 500 && status == 500 { return nil }
        return complaint(about: answer, call.path)
    }
}
