import HTTP
import JSON

extension Baidu.Workshop {
    /// `POST /oauth/2.0/token`. All parameters are in the query.
    func token(_ call: Call) throws(Baidu.Failure) -> Answer {
        guard call.method == "POST" || call.method == "GET" else { throw .badMethod }
        func value(_ name: String) -> String { call.queryValue(name) ?? "" }
        switch value("grant_type") {
        case "client_credentials": break
        // Nobody has logged in here, so that no such grant was ever issued.
        case "authorization_code", "refresh_token": throw .badGrant
        default: throw .badGrantType
        }
        let (key, secret) = (value("client_id"), value("client_secret"))
        guard !key.isEmpty, !Baidu.Credentials.isBad(key) else { throw .unknownClient }
        guard !secret.isEmpty, !Baidu.Credentials.isBad(secret) else { throw .badSecret }
        let seconds = Baidu.Credentials.lifetime(of: key, standard: Baidu.Credentials.accessTokenSeconds)
        var random = seed(key, call)
        let app = "282335-\(10_000_000 + random.below(89_999_999))"
        let token = "24.\(random.hex(32)).\(seconds).\(call.ids.created + seconds).\(app)"
        credentials.issue(token, for: key, seconds: seconds)
        let longest = 315_360_000
        var document = Document()
        document.object { root in
            root.member("refresh_token", "25.\(random.hex(32)).\(longest).\(call.ids.created + longest).\(app)")
            root.member("expires_in", seconds)
            root.member("session_key", "9mzdD" + random.alphanumerics(80) + "==")
            root.member("access_token", token)
            root.member(
                "scope", "public brain_all_scope ai_custom_yiyan_com ai_custom_yiyan_com_eb_instant wenxinworkshop_mgr")
            root.member("session_secret", random.hex(32))
        }
        return Answer(headers: ["content-type": "application/json"], body: .whole(document.bytes))
    }

    /// A seed that differs between keys, because the bodies of these requests do not.
    private func seed(_ key: String, _ call: Call) -> Seeded {
        var random = call.ids.random
        var hash = StableHash(seed: random.next())
        hash.mix(key)
        return Seeded(hash.value)
    }

    /// Serves the signed calls that are not calls of a model.
    func console(_ call: Call) throws(Baidu.Failure) -> Answer {
        guard Self.consoleRoutes.contains(call.route) else { throw .noEndpoint }
        let isBearer = call.route == Self.bearerRoute
        guard let signature = call.headers["Authorization"].flatMap({ Baidu.Signature($0) }) else {
            throw .noCredential
        }
        switch signature.check(call) {
        case .good: break
        case .unknownKey: throw .noCredential
        case .mismatch: throw .signatureMismatch
        }
        guard call.method == (isBearer ? "GET" : "POST") else { throw .badMethod }
        return isBearer ? bearer(signature.accessKey, call) : services(call)
    }

    private func bearer(_ key: String, _ call: Call) -> Answer {
        let wanted = call.queryValue("expireInSeconds").flatMap { Int($0) } ?? 43_200
        let standard = max(0, min(wanted, Baidu.Credentials.accessTokenSeconds))
        let seconds = Baidu.Credentials.lifetime(of: key, standard: standard)
        var random = seed(key, call)
        let token = "bce-v3/ALTAK-\(random.alphanumerics(21))/\(random.hex(40))"
        credentials.issue(token, for: key, seconds: seconds)
        var document = Document()
        document.object { root in
            root.member("userId", random.hex(32))
            root.member("token", token)
            root.member("status", "enable")
            root.member("createTime", Baidu.timestamp(call.ids.created))
            root.member("expireTime", Baidu.timestamp(call.ids.created + seconds))
        }
        return Answer(headers: ["content-type": "application/json"], body: .whole(document.bytes))
    }

    private func services(_ call: Call) -> Answer {
        var random = call.ids.random
        var document = Document(reserving: 8192)
        document.object { root in
            root.member("log_id", String(random.below(1 << 40)))
            root.object("result") { result in
                result.array("common") { list in
                    for (kind, endpoints) in Baidu.Endpoint.services {
                        for endpoint in endpoints { list.object { write(endpoint, kind, to: &$0) } }
                    }
                }
                result.array("custom", { _ in })
            }
        }
        return Answer(headers: ["content-type": "application/json"], body: .whole(document.bytes))
    }

    private func write(_ endpoint: Baidu.Endpoint, _ kind: String, to document: inout Document) {
        document.member("name", endpoint.model)
        document.member("url", "https://aip.baidubce.com/\(Self.prefix)\(kind)/\(endpoint.name)")
        document.member("apiType", kind)
        document.member("chargeStatus", "OPENED")
        document.array("versionList", { _ in })
    }
}
