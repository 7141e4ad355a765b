import Chat
import HTTP

extension UpstreamFailure {
    /// The failure of a channel that cannot be called because of its settings. It is not the client's fault.
    /// - Parameter problem: a sentence about the channel, which `ChannelGuard` names.
    static func misconfigured(_ problem: String, code: String = "channel_misconfigured") -> UpstreamFailure {
        UpstreamFailure(
            kind: .misconfigured, status: 500, message: problem, type: "one_api_error", code: .text(code))
    }
}

extension Caller {
    /// The failure that a client gets for a call without an answer.
    static func failure(_ error: TransportError) -> UpstreamFailure {
        switch error {
        case .badAddress:
            .misconfigured("its base URL is not a valid address", code: "invalid_base_url")
        case .badHeader(let name):
            .misconfigured("its header '\(name)' holds characters that no header can carry")
        case .connectFailed(let reason), .tls(let reason):
            UpstreamFailure(
                kind: .unreachable, status: 502, message: "The upstream could not be reached: \(reason).",
                type: "one_api_error", code: .text("do_request_failed"))
        case .timedOut(let phase):
            UpstreamFailure(
                kind: .timedOut, status: 504, message: "The upstream did not answer in time (\(phase.rawValue)).",
                type: "one_api_error", code: .text("upstream_timeout"))
        case .reset(let reason):
            UpstreamFailure(
                kind: .brokenOff, status: 502, message: "The upstream broke the connection off: \(reason).",
                type: "one_api_error", code: .text("do_request_failed"))
        case .notHTTP(let reason):
            UpstreamFailure(
                kind: .notTheProvider, status: 502, message: "The upstream's answer is not HTTP: \(reason).",
                type: "one_api_error", code: .text("bad_upstream_response"))
        case .tooLarge:
            UpstreamFailure(
                kind: .notTheProvider, status: 502, message: "The upstream's answer is larger than the limit.",
                type: "one_api_error", code: .text("upstream_answer_too_large"))
        case .cancelled:
            UpstreamFailure(
                kind: .brokenOff, status: 499, message: "The call was given up.", type: "one_api_error",
                code: .text("cancelled"))
        }
    }
}
