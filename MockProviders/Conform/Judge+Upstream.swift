import HTTP
import JSON
import MockKit

/// What the upstream got and served.
extension Judge {
    var hasAskedUpstream: Bool { mock.journal.entries.contains { $0.method == "POST" } }

    /// The body of the last request that the upstream got, as text.
    func arrived() throws(Verdict) -> String {
        guard let entry = mock.journal.entries.last else { throw .lost("nothing arrived upstream") }
        return String(decoding: entry.body, as: UTF8.self)
    }

    private var upstreamPath: String { mock.journal.entries.last { $0.method == "POST" }?.path ?? "" }

    /// The last request of the upstream's asked for a stream.
    var upstreamStreams: Bool {
        guard let entry = mock.journal.entries.last(where: { $0.method == "POST" }) else { return false }
        if entry.path.contains("stream") || entry.headers["X-DashScope-SSE"] != nil { return true }
        return (try? JSON.parse(entry.body))?["stream"]?.bool == true
    }

    /// The last answer has reasoning in it, told or not.
    var servedReasoning: Bool { (mock.ledger.entries.last?.reasoningTokens ?? 0) > 0 }

    /// OpenAI tells how much was thought, and not what.
    var hidesReasoning: Bool { ["/openai", "/azure", "/v1"].contains { upstreamPath.hasPrefix($0) } }

    /// These sign what was thought, and want it back.
    var sealsReasoning: Bool { ["/anthropic", "/gemini"].contains { upstreamPath.hasPrefix($0) } }

    /// The target put the prompt into a store of the provider's, to name it in the question.
    var usesCacheStore: Bool { mock.journal.entries.contains { $0.path.contains("cachedContents") } }

    var cachesByBreakpoint: Bool { upstreamPath.hasPrefix("/anthropic") }

    /// Ali's compatible mode searches, and has no place for what it found.
    var tellsPages: Bool { !upstreamPath.contains("/compatible-mode/") }

    func expectArrived(_ text: String, _ what: String) throws(Verdict) {
        let body = try arrived()
        guard body.contains(text) else {
            throw .lost("\(what) '\(text.shortened(to: 40))' was sent, and the upstream got \(body.shortened())")
        }
    }

    /// The target's usage against the mock's ledger; passes where the target reports none. What the provider does not tell
    /// has to be counted somehow.
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
