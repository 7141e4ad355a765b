import JSON
import MockKit
import TestTraits
import Testing

/// The signatures were made with Python's `hmac` for `localhost`, valid for a century. The secret is the access key
/// followed by `-secret`.
@Suite(.inTurn) struct BaiduTokenTests {
    private static let prefix = "Authorization: bce-auth-v1/ALTAKtest/2026-01-31T08:00:00Z/"
    private static let date = "x-bce-date: 2026-01-31T08:00:00Z"
    private static let services = signed("80dc78841011fbb6e4c604ff85b8c1e1940b68eca9729a5bfb52e12214ddd12b")
    private static let bearer = signed("9c5b39d7dedc91413c3c6e96e5e6ffdba79447cd78752230563b298ee6b1f6c3")
    private static let chat = signed("876712941ec0a01f99bbda90e1f23bcadc38c3a0f8fbbe876f3a2d12458a9df4")
    private static let oldChat = signed("1e4d88f01edf0fe1990cbc1a085f2d4d4a310e231c446fe46a4022b329d1ba44", for: 300)
    private static let turn = "{\"role\":\"user\",\"content\":\"Hi\"}"

    private static func signed(_ digest: String, for seconds: Int = 4_000_000_000) -> [String] {
        ["\(prefix)\(seconds)/host;x-bce-date/\(digest)", date]
    }

    private func token(_ mock: Mock, _ query: String, method: String = "POST") throws -> Mock.Reply {
        try mock.baidu(method, "oauth/2.0/token?\(query)", method == "POST" ? "{}" : "")
    }

    @Test("A pair of keys is exchanged for a token that the workshop accepts, and the ledger knows its key")
    func exchange() async throws {
        let mock = try Mock()
        let query = "grant_type=client_credentials&client_id=ak&client_secret=sk"
        let reply = try token(mock, query)
        #expect(
            reply.json?.names == [
                "refresh_token", "expires_in", "session_key", "access_token", "scope", "session_secret",
            ])
        #expect(reply.json?["expires_in"]?.int == 2_592_000)
        let value = try #require(reply.json?["access_token"]?.string)
        #expect(value.hasPrefix("24.") && value.contains(".2592000.1762592000.282335-"))
        #expect(try mock.ernie(Self.turn, token: value).result != nil)
        #expect(mock.server.ledger.total(key: "ak").answers == 1)
        #expect(try token(mock, query, method: "GET").json?["access_token"] != nil)
        #expect(try mock.ernie(Self.turn, token: value).result != nil)
        await mock.stop()
    }

    @Test(
        "A wrong pair of keys gets the message by which the SDK knows the reason",
        arguments: [
            ("client_credentials&client_id=mock-bad&client_secret=sk", "invalid_client", "unknown client id"),
            (
                "client_credentials&client_id=ak&client_secret=mock-bad", "invalid_client",
                "Client authentication failed"
            ),
            ("password&client_id=ak&client_secret=sk", "unsupported_grant_type", "unsupported grant type"),
        ])
    func badPair(query: String, error: String, description: String) async throws {
        let mock = try Mock()
        let reply = try token(mock, "grant_type=\(query)")
        #expect(reply.status == 401)
        #expect(reply.body == "{\"error_description\":\"\(description)\",\"error\":\"\(error)\"}")
        let grant = try token(mock, "grant_type=refresh_token&client_id=ak&client_secret=sk")
        #expect(grant.json?["error"]?.string == "invalid_grant")
        await mock.stop()
    }

    @Test("A token that is missing, malformed, unknown or old is refused, each with its code")
    func tokens() async throws {
        let mock = try Mock()
        let path = "rpc/2.0/ai_custom/v1/wenxinworkshop/chat/completions_pro"
        let none = try mock.baidu("POST", path, "{\"messages\":[\(Self.turn)]}")
        #expect(none.body == "{\"error_code\":100,\"error_msg\":\"Invalid parameter\"}")
        #expect(try mock.ernie(Self.turn, token: "nonsense").errorCode == 100)
        #expect(
            try mock.ernie(Self.turn, token: "24.unknown").errorMessage == "Access token invalid or no longer valid")
        #expect(try mock.ernie(Self.turn, token: "24.mock-expired").errorCode == 111)
        #expect(try mock.ernie(Self.turn, token: "24.mock-bad").errorCode == 110)
        let query = "grant_type=client_credentials&client_id=ak-mock-expires-1&client_secret=sk"
        let value = try #require(try token(mock, query).json?["access_token"]?.string)
        #expect(try mock.ernie(Self.turn, token: value).result != nil)
        #expect(try mock.ernie(Self.turn, token: value).errorMessage == "Access token expired")
        #expect(try token(mock, query).json?["access_token"] != nil)
        let short = "grant_type=client_credentials&client_id=ak-mock-ttl-0&client_secret=sk"
        let dead = try #require(try token(mock, short).json?["access_token"]?.string)
        #expect(try mock.ernie(Self.turn, token: dead).errorCode == 111)
        await mock.stop()
    }

    @Test("A valid signature works without a token, and a wrong or expired one gets code 14")
    func signatures() async throws {
        let mock = try Mock()
        let path = "rpc/2.0/ai_custom/v1/wenxinworkshop/chat/completions_pro"
        let body = "{\"messages\":[\(Self.turn)]}"
        #expect(try mock.baidu("POST", path, body, headers: Self.chat).result != nil)
        #expect(mock.server.ledger.total(key: "ALTAKtest").answers == 1)
        for headers in [Self.oldChat, Self.services, [Self.chat[0], "x-bce-date: 2026-01-31T08:00:01Z"]] {
            let refused = try mock.baidu("POST", path, body, headers: headers)
            #expect(refused.body == "{\"error_code\":14,\"error_msg\":\"IAM Certification failed\"}")
        }
        await mock.stop()
    }

    @Test("The console lists the services, and explains a refusal in headers")
    func console() async throws {
        let mock = try Mock()
        let list = try mock.baidu("POST", "wenxinworkshop/service/list", headers: Self.services)
        let common = try #require(list.json?["result"]?["common"]?.array)
        #expect(common.contains { $0["url"]?.string?.hasSuffix("wenxinworkshop/chat/completions_pro") == true })
        let nobody = try mock.baidu("POST", "wenxinworkshop/service/list")
        #expect(nobody.status == 403)
        #expect(nobody.header("x-bce-error-message") == "NotFound, cause: Could not find credential.")
        let wrong = try mock.baidu("POST", "wenxinworkshop/service/list", headers: Self.chat)
        #expect(wrong.status == 403)
        #expect(
            wrong.header("x-bce-error-message")
                == "SignatureDoesNotMatch, cause: Fail to authn user: Signature does not match")
        await mock.stop()
    }

    @Test("A signed call returns a short-lived bearer token that the platform accepts")
    func bearerExchange() async throws {
        let mock = try Mock()
        let reply = try mock.baidu("GET", "v1/BCE-BEARER/token?expireInSeconds=60", headers: Self.bearer)
        #expect(reply.json?.names == ["userId", "token", "status", "createTime", "expireTime"])
        #expect(reply.json?["createTime"]?.string == "2025-10-09T08:53:20.000Z")
        #expect(reply.json?["expireTime"]?.string == "2025-10-09T08:54:20.000Z")
        let value = try #require(reply.json?["token"]?.string)
        #expect(value.hasPrefix("bce-v3/ALTAK-"))
        #expect(try mock.qianfanChat(Self.turn, key: value).status == 200)
        #expect(mock.server.ledger.total(key: "ALTAKtest").answers == 1)
        await mock.stop()
    }

    @Test("A fault with a status has the exchange's or the console's own format")
    func namedRefusals() async throws {
        let mock = try Mock()
        let fault = "{\"match\":{\"path\":\"/baidu\"},\"count\":2,\"error\":401}"
        _ = try mock.control("POST", "/faults", fault)
        #expect(try token(mock, "").json?["error"]?.string == "invalid_client")
        #expect(try mock.baidu("POST", "wenxinworkshop/service/list").json?["code"]?.string == "SignatureDoesNotMatch")
        await mock.stop()
    }
}
