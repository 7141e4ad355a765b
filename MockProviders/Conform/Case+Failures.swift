import JSON
import MockKit

extension Case {
    private static func fault(_ change: (inout Fault) -> Void) -> Fault {
        var fault = Fault()
        change(&fault)
        return fault
    }

    /// An error of the upstream's comes as OpenAI's object with the right status.
    private static func errorCase(_ name: String, _ error: String, _ statuses: Set<Int>) -> Case {
        Case(name) { (judge) async throws(Verdict) in
            judge.mock.add(fault { $0.instead = .error(error) }, count: 50)
            let reply = try await judge.ask(judge.chat("Hello."))
            guard statuses.contains(reply.status) else { throw .lost("status \(reply.status)") }
            guard let message = reply.json?["error"]?["message"]?.string, !message.isEmpty else {
                throw .lost("no error object: \(reply.text.prefix(100))")
            }
        }
    }

    static let failures: [Case] = [
        errorCase("an error 429", "429", [429]),
        errorCase("an error 500", "500", [500, 502, 503]),
        errorCase("an error 400", "400", [400]),
        Case("a web page instead of an answer") { (judge) async throws(Verdict) in
            judge.mock.add(fault { $0.instead = .html("502") }, count: 50)
            let reply = try await judge.ask(judge.chat("Hello."))
            guard reply.status >= 500, reply.json?["error"]?["message"]?.string != nil else {
                throw .lost("status \(reply.status): \(reply.text.prefix(100))")
            }
            guard !reply.text.lowercased().contains("<html") else { throw .lost("the page came through") }
        },
        Case("a stream that breaks off") { (judge) async throws(Verdict) in
            judge.mock.add(fault { $0.breakOff = .cut(.events(6), reset: false) }, count: 50)
            let answer = try await judge.stream(judge.chat("mock-tokens-50"))
            guard !answer.isDone || answer.error != nil else { throw .lost("the cut stream ends like a whole one") }
        },
        Case("a failure in mid-stream") { (judge) async throws(Verdict) in
            judge.mock.add(fault { $0.failureAfterEvents = 6 }, count: 50)
            let answer = try await judge.stream(judge.chat("mock-tokens-50"))
            guard answer.error != nil || !answer.isDone else { throw .lost("the failure was not told") }
        },
    ]
}
