import Chat
import HTTP

extension GatewayError {
    var english: String {
        switch self {
        case .noToken: "No API key was given. Send it as 'Authorization: Bearer sk-…'."
        case .invalidToken: "Invalid API key."
        case .tokenLookupFailed: "The API key could not be checked. Please try again."
        case .tokenExhausted(let name, let id): "The quota of token \(name) (#\(id)) is used up."
        case .tokenExpired: "This token has expired."
        case .tokenDisabled: "This token is disabled."
        case .subnetNotAllowed(let address): "This token must not be used from \(address)."
        case .userDisabled: "This user is disabled."
        case .modelNotAllowed(let model): "This token must not use the model \(model)."
        case .channelNotAllowed: "Only administrators may choose a channel."
        case .invalidChannel: "Invalid channel id."
        case .channelDisabled: "This channel is disabled."
        case .noChannel(let group, let model): "No available channels for model \(model) in group \(group)."
        case .tokenQuota: "The token's quota is not enough for this request."
        case .userQuota: "user quota is not enough"
        case .storageUnavailable: "The gateway cannot record charges at the moment, so it takes no requests."
        case .settingsUnavailable: "The gateway cannot read its changed settings at the moment. Please try again."
        case .tooManyInFlight(let limit): "This user has \(limit) requests under way, the most that one may have."
        case .request(let error): error.message
        case .bodyTooLarge(let limit): "The request's body is larger than the limit of \(limit) bytes."
        case .badBody(let error): Self.text(error)
        case .bodyBudget(let scope):
            "Requests in flight of \(Self.owner(scope)) hold as many bytes as they may. Please try again."
        case .unsupportedMediaType: "The request's Content-Type must be application/json."
        case .upstream(let failure): failure.message
        case .notImplemented: "API not implemented"
        case .invalidURL(let method, let path): "Invalid URL (\(method) \(path.prefix(256)))" + Self.whatIsServed(path)
        case .modelNotFound(let model): "The model '\(model)' does not exist"
        case .shuttingDown: "The gateway is shutting down."
        case .overloaded: "The gateway is busy with large requests. Please try again in a moment."
        }
    }

    /// one-api's own texts, where it has them (spec/relay.md §3).
    var chinese: String {
        switch self {
        case .noToken: "未提供令牌"
        case .invalidToken: "无效的令牌"
        case .tokenLookupFailed: "令牌验证失败"
        case .tokenExhausted(let name, let id): "令牌 \(name)（#\(id)）额度已用尽"
        case .tokenExpired: "该令牌已过期"
        case .tokenDisabled: "该令牌状态不可用"
        case .subnetNotAllowed(let address): "该令牌只能在指定网段使用，当前 ip：\(address)"
        case .userDisabled: "用户已被封禁"
        case .modelNotAllowed(let model): "该令牌无权使用模型：\(model)"
        case .channelNotAllowed: "普通用户不支持指定渠道"
        case .invalidChannel: "无效的渠道 Id"
        case .channelDisabled: "该渠道已被禁用"
        case .noChannel(let group, let model): "当前分组 \(group) 下对于模型 \(model) 无可用渠道"
        case .tokenQuota: "令牌额度不足"
        case .userQuota: "用户额度不足"
        case .storageUnavailable: "网关暂时无法记录费用，暂不接受请求"
        case .settingsUnavailable: "网关暂时无法读取已更改的设置，请稍后重试"
        case .tooManyInFlight(let limit): "该用户同时进行的请求已达上限 \(limit)"
        case .bodyTooLarge(let limit): "请求体超过上限 \(limit) 字节"
        case .bodyBudget: "正在处理的请求体总量已达上限，请稍后重试"
        case .shuttingDown: "网关正在关闭"
        case .overloaded: "网关正忙于处理大型请求，请稍后重试"
        case .request, .badBody, .unsupportedMediaType, .upstream, .notImplemented, .invalidURL, .modelNotFound: english
        }
    }

    private static let served = [
        "/v1/chat/completions", "/v1/embeddings", "/v1/images/generations", "/v1/moderations", "/v1/models",
    ]

    /// Names the endpoint that the client probably meant, for example if it left `/v1` out or wrote it twice. Otherwise
    /// it lists all endpoints, except for paths under `/api`.
    private static func whatIsServed(_ path: String) -> String {
        var path = RoutePath.normalised(path)
        path = RoutePath.withoutTrailingSlash(path) ?? path
        if let meant = served.first(where: { path.hasSuffix($0.dropFirst("/v1".count)) && path != $0 }) {
            return ". Did you mean \(meant)? The base URL ends in /v1."
        }
        if path.hasPrefix("/api") { return "" }
        return ". This gateway serves POST /v1/chat/completions, /v1/embeddings, /v1/images/generations and "
            + "/v1/moderations, and GET /v1/models."
    }

    private static func text(_ error: BodyError) -> String {
        switch error {
        case .badEncoding: "The body's Content-Encoding is not gzip, or the data do not unpack."
        case .malformed: "The body's chunked framing is malformed."
        case .timedOut: "The body did not arrive in time."
        case .disconnected: "The connection closed before the body was complete."
        case .tooLarge: "The body is too large."
        case .overBudget(let scope): "Requests of \(owner(scope)) hold too many bytes."
        case .shuttingDown: "The gateway is shutting down."
        }
    }

    private static func owner(_ scope: BodyBudget.Scope) -> String {
        switch scope {
        case .process: "all clients"
        case .address: "this address"
        case .token: "this token"
        }
    }
}
