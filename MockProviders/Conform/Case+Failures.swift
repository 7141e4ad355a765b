import JSON
import MockKit

extension Case {
    private static func fault(_ change: (inout Fault) -> Void) -> Fault {
        var fault = Fault()
        change(&fault)
        return fault
    }

    /// An error of the upstream must reach the client as OpenAI's error object with the right status.
    private static func errorCase(_ name: String, _ error: String, _ statuses: Set<Int>) -> Case {
        Case(name) { (judge) async throws(Verdict) in
            judge.mock.add(fault { $0.instead = .error(error) }, count: 50)
            let reply = try await judge.ask(judge.chat("Hello."))
            guard statuses.contains(reply.status) else {
                throw .lost("the upstream answered \(error), and the target \(reply.status): \(reply.text.shortened())")
            }
            guard let message = reply.error?["message"]?.string, !message.isEmpty else {
                throw .lost("no error object: \(reply.text.shortened())")
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
            guard reply.status >= 500, let message = reply.error?["message"]?.string else {
                throw .lost(
                    "the upstream answered a page with 502, and the target \(reply.status): \(reply.text.shortened())")
            }
            if message.lowercased().contains("<html") { throw .dialect("the error's message quotes the page") }
        },
        brokenStream("a stream that breaks off", fault { $0.breakOff = .cut(.events(6), reset: false) }),
        brokenStream("a failure in mid-stream", fault { $0.failureAfterEvents = 6 }),
    ]

    /// If the upstream's answer breaks off, the client must get an error or a stream without its end.
    private static func brokenStream(_ name: String, _ fault: Fault) -> Case {
        Case(name) { (judge) async throws(Verdict) in
            judge.mock.add(fault, count: 50)
            let reply = try await judge.ask(judge.chat("mock-tokens-50", ["stream": true]))
            // Only a stream can break off in the middle.
            guard judge.upstreamStreams else { throw .absent("the upstream was asked for a whole answer") }
            if reply.status >= 500, reply.error?["message"]?.string != nil { return }
            try judge.check(reply)
            let answer = try judge.stream(reply)
            // The stream may have broken off within the reasoning.
            if answer.error == nil, answer.reasoning.isEmpty { try judge.expectSaid(answer.text, judge.mark) }
            guard answer.error != nil || !answer.isDone else {
                throw .lost("the upstream's answer broke off, and the target's ends like a whole one")
            }
        }
    }
}
