import HTTP
import JSON
import MockKit

/// What the upstream received and served.
extension Judge {
    var hasAskedUpstream: Bool { mock.journal.entries.contains { $0.method == "POST" } }

    /// The body of the last request that the upstream got, as text.
    func arrived() throws(Verdict) -> String {
        guard let entry = mock.journal.entries.last else { throw .lost("nothing arrived upstream") }
        return String(decoding: entry.body, as: UTF8.self)
    }

    private var upstreamPath: String { mock.journal.entries.last { $0.method == "POST" }?.path ?? "" }

    /// Whether the last request to the upstream asked for a stream.
    var upstreamStreams: Bool {
        guard let entry = mock.journal.entries.last(where: { $0.method == "POST" }) else { return false }
        if entry.path.contains("stream") || entry.headers["X-DashScope-SSE"] != nil { return true }
        return (try? JSON.parse(entry.body))?["stream"]?.bool == true
    }

    /// Whether the upstream's last answer has reasoning, visible or not.
    var servedReasoning: Bool { (mock.ledger.entries.last?.reasoningTokens ?? 0) > 0 }

    /// Whether the provider reports only how many tokens the reasoning took, and not its text, as OpenAI does.
    var hidesReasoning: Bool { ["/openai", "/azure", "/v1"].contains { upstreamPath.hasPrefix($0) } }

    /// Whether the provider signs its reasoning and wants it sent back.
    var sealsReasoning: Bool { ["/anthropic", "/gemini"].contains { upstreamPath.hasPrefix($0) } }

    /// Whether the target stored the prompt at the provider, in order to refer to it in the request.
    var usesCacheStore: Bool { mock.journal.entries.contains { $0.path.contains("cachedContents") } }

    var cachesByBreakpoint: Bool { upstreamPath.hasPrefix("/anthropic") }

    /// Whether the provider reports the pages that it found. Ali's compatible mode searches, but its format has no
    /// place for them.
    var tellsPages: Bool { !upstreamPath.contains("/compatible-mode/") }

    func expectArrived(_ text: String, _ what: String) throws(Verdict) {
        let body = try arrived()
        guard body.contains(text) else {
            throw .lost("\(what) '\(text.shortened(to: 40))' was sent, and the upstream got \(body.shortened())")
        }
    }

    /// Compares the target's usage with the mock's ledger. Passes if the target reports no usage. If the provider
    /// reports none, the target must have counted something.
    func expectBilled(_ usage: JSON?) throws(Verdict) {
        guard let usage, usage.object != nil else { return }
        if mock.ledger.entries.last?.tellsUsage == false {
            guard (usage["completion_tokens"]?.int ?? 0) > 0 else { throw .billed("nothing was counted") }
            return
        }
        let served = mock.ledger.total
        for (name, wanted) in [("prompt_tokens", served.promptTokens), ("completion_tokens", served.completionTokens)] {
            guard let reported = usage[name]?.int else { throw .billed("usage without \(name)") }
            guard reported == wanted else { throw .billed("\(name) is \(reported), served were \(wanted)") }
        }
    }
}
