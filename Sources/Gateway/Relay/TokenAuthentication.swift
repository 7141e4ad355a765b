import Database
import HTTP

/// Checks a relay client's API key (spec/relay.md §3).
struct TokenAuthentication: Sendable {
    let services: Services

    struct Access: Sendable {
        let principal: Principal
        /// The channel that an administrator chose with the suffix `-CHANNEL_ID`.
        let channel: Channel?
    }

    func authenticate(_ request: ServerRequest, _ context: RequestContext) async throws(GatewayError) -> Access {
        let (key, suffix) = Self.split(request.headers["Authorization"] ?? "")
        guard !key.isEmpty else { throw .noToken }
        let found: Principal?
        do { found = try await services.tokens.principal(forKey: key) } catch { throw .tokenLookupFailed }
        guard let principal = found else { throw .invalidToken }
        try await check(principal, context)
        return Access(principal: principal, channel: try channel(suffix, principal))
    }

    /// `Bearer` and `sk-` are optional. The text behind the first `-` is a channel.
    static func split(_ header: String) -> (key: String, channel: String?) {
        // This works on UTF-8 bytes, because every request passes here.
        var rest = BearerCredentials.key(in: header).utf8
        if rest.starts(with: "sk-".utf8) { rest = rest.dropFirst(3) }
        guard let dash = rest.firstIndex(of: 0x2d) else { return (String(Substring(rest)), nil) }
        let channel = rest[rest.index(after: dash)...].prefix { $0 != 0x2d }
        return (String(Substring(rest[..<dash])), String(Substring(channel)))
    }

    private func check(_ principal: Principal, _ context: RequestContext) async throws(GatewayError) {
        let token = principal.token
        switch TokenStatus(rawValue: token.status) {
        case .enabled: break
        case .expired: throw .tokenExpired
        case .exhausted: throw .tokenExhausted(name: token.name, id: token.id)
        case .disabled, nil: throw .tokenDisabled
        }
        if token.expiredTime != -1, token.expiredTime < context.time {
            await note(.expired, of: token)
            throw .tokenExpired
        }
        // The ledger knows a new limit earlier than the row does.
        if !token.isUnlimited, services.ledger.isSpent(token: token.id) == true {
            await note(.exhausted, of: token)
            throw .tokenExhausted(name: token.name, id: token.id)
        }
        if let subnets = principal.subnets, !subnets.contains(where: { $0.contains(context.clientAddress) }) {
            throw .subnetNotAllowed(address: context.clientAddress)
        }
        guard principal.user.isEnabled else { throw .userDisabled }
    }

    /// Marks the token as expired or exhausted for the dashboard. If its owner has changed the token meanwhile, the row
    /// stays unchanged.
    private func note(_ status: TokenStatus, of token: TokenRecord) async {
        let ledger = services.ledger
        _ = try? await services.tokens.changing(token: token.id) {
            try await services.database.write { connection in
                if status == .exhausted, ledger.isSpent(token: token.id) == false { return }
                try connection.endToken(token.id, status: status.rawValue, expiredTime: token.expiredTime)
            }
        }
    }

    private func channel(_ suffix: String?, _ principal: Principal) throws(GatewayError) -> Channel? {
        guard let suffix else { return nil }
        guard principal.user.has(.admin) else { throw .channelNotAllowed }
        guard let id = Int64(suffix), let channel = services.routing.table.channel(id) else { throw .invalidChannel }
        guard channel.isEnabled else { throw .channelDisabled }
        return channel
    }
}
