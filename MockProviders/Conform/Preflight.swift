import HTTP
import JSON
import MockKit

extension Judge {
    /// Asks one question whose answer only the mock knows, within ten seconds.
    /// - Returns: one sentence that says why the cases would prove nothing; `nil` if the target leads to the mock.
    package func preflight() async -> String? {
        var judge = self
        judge.limits = TransportLimits(connect: .seconds(3), firstByte: .seconds(5), total: .seconds(5))
        mock.reset()
        mock.setStanding(Case.script { $0.opening = mark })
        defer { mock.reset() }
        let reply: Reply
        do throws(Verdict) { reply = try await judge.send(chat("Hello."), to: "/chat/completions") } catch {
            return "nothing answers at \(target.baseURL): \(Report.Outcome(error).detail)"
        }
        if reply.status == 200 { return problem(withAnswer: reply) }
        if let hint = await judge.versionHint(reply) { return hint }
        return problem(withRefusal: reply)
    }

    private func problem(withAnswer reply: Reply) -> String? {
        if reply.json?.message?["content"]?.string?.contains(mark) == true { return nil }
        if hasAskedUpstream {
            return "the target asks the mock, and gives another answer than the mock's: \(reply.text.shortened())"
        }
        guard reply.json?.message != nil else {
            return "what answers at \(target.baseURL) is no API of OpenAI's format: \(reply.text.shortened())"
        }
        return "the target's channel for the model '\(target.model)' leads elsewhere: it has to lead to \(address)"
    }

    /// A base address without `/v1` is a frequent mistake.
    private func versionHint(_ reply: Reply) async -> String? {
        guard [404, 405].contains(reply.status), !endpoint.root.hasSuffix("/v1"),
            let other = try? await send(chat("Hello."), to: "/v1/chat/completions"), ![404, 405].contains(other.status)
        else { return nil }
        return "--target lacks '/v1' at its end: write \(endpoint.root)/v1"
    }

    private func problem(withRefusal reply: Reply) -> String {
        let message = (reply.error?["message"]?.string ?? reply.text).shortened()
        let code = reply.error?["code"]?.string ?? ""
        switch reply.status {
        case 401, 403: return "the target refuses --key with status \(reply.status): \(message)"
        case _ where hasAskedUpstream:
            return "the target asks the mock, and answers with status \(reply.status): \(message)"
        case _ where code == "model_not_found" || message.contains(target.model):
            return "the target does not serve the model '\(target.model)': \(message)"
        case 404 where reply.error == nil:
            return "there is no API at \(target.baseURL): status 404 (its address ends in /v1 as a rule)"
        default:
            return "the target answers with status \(reply.status), and does not ask the mock at \(address): \(message)"
        }
    }
}
