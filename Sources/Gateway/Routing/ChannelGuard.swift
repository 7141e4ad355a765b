import Chat
import Database
import EventLoop
import Providers

/// Reacts to an upstream's failure: informs the circuit breaker, writes the log, and may disable the channel.
struct ChannelGuard: Sendable {
    let services: Services

    /// - Returns: the failure with its secrets masked. An answer to a client must use this one, never the original.
    func note(
        _ found: UpstreamFailure, of channel: Channel, _ context: RequestContext, now: UInt64
    ) -> UpstreamFailure {
        var failure = channel.upstream.disclosed(found, token: services.accessTokens.text(of: channel.upstream))
        if failure.kind == .misconfigured {
            failure.message = "Channel #\(channel.id) cannot be used: \(failure.message)."
        }
        if failure.isRetryable { channel.health.failed(at: now, retryAfter: failure.retryAfter) }
        services.log.write(
            .warning, "upstream failed", requestID: context.requestID,
            [
                "channel": String(channel.id), "status": String(failure.status), "kind": failure.kind.rawValue,
                "code": failure.code.text, "message": String(failure.message.prefix(300)),
            ])
        if services.options.snapshot.disablesChannels, Self.condemns(found) { disable(channel, context) }
        return failure
    }

    private func disable(_ channel: Channel, _ context: RequestContext) {
        let (services, id, key, requestID) = (services, channel.id, channel.upstream.key, context.requestID)
        // Thousands of requests may fail with the same key; only one of them disables the channel.
        guard services.routing.table.channel(id)?.isEnabled == true, channel.health.beginDisabling() else { return }
        EventLoop.current?.spawn {
            defer { channel.health.endDisabling() }
            do {
                let isDisabled = try await services.routing.change {
                    try await services.database.write { try $0.disableChannel(id, key: key) }
                }
                guard isDisabled else { return }
                services.log.write(.error, "channel disabled", requestID: requestID, ["channel": String(id)])
            } catch {
                services.log.write(.error, "channel could not be disabled", requestID: requestID, ["error": "\(error)"])
            }
        }
    }

    private static let types: Set<String> = [
        "insufficient_quota", "authentication_error", "permission_error", "forbidden",
    ]
    private static let codes: Set<String> = ["invalid_api_key", "account_deactivated"]
    private static let phrases = [
        "your access was terminated", "violation of our policies", "your credit balance is too low",
        "organization has been disabled", "permission denied", "organization has been restricted",
        "api key not valid", "api key expired", "已欠费",
    ]

    /// Whether the account behind the channel is unusable (spec/configuration.md §7, without its words `credit` and
    /// `balance`, which disable healthy channels).
    static func condemns(_ failure: UpstreamFailure) -> Bool {
        if failure.status == 401 || types.contains(failure.type) || codes.contains(failure.code.text) { return true }
        // The error of a bad request may repeat the client's own words, so its message proves nothing.
        if failure.kind == .badRequest { return false }
        let message = failure.message.lowercased()
        return phrases.contains { message.contains($0) }
    }
}
