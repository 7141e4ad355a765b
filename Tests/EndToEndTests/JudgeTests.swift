import Conform
import EventLoop
import HTTP
import MockKit
import TestKit
import TestTraits
import Testing

@testable import Gateway

/// The judge in front of gateways with known faults: what it must find, and what it must not blame on the gateway.
@Suite(.inTurn) struct JudgeTests {
    /// Judges a fake gateway in front of the mock's OpenAI.
    private func report(
        _ habit: FakeGateway.Habit, only: [String] = [], patience: Duration = .seconds(20), path: String = "/v1"
    ) async throws -> Report {
        try await withFake(habit) { mock, mockPort, port in
            await judge(
                Target(baseURL: "http://127.0.0.1:\(port)\(path)", key: "sk-mock-judge", model: "gpt-4o"), mock,
                port: mockPort, patience: patience
            ) { judge in await judge.run(only: only) }
        }
    }

    private func withFake<Result>(
        _ habit: FakeGateway.Habit, _ body: (MockServer, Int, Int) async throws -> Result
    ) async throws -> Result {
        let mock = try MockServer()
        let mockPort = try mock.start()
        let loops = EventLoopGroup(count: 1)
        let server = HTTPServer(
            configuration: ServerConfiguration(host: "127.0.0.1", port: 0), loops: loops,
            handler: FakeGateway(habit, mockPort: mockPort))
        try loops.start()
        let result = try await body(mock, mockPort, try server.start())
        await server.drain(limit: .milliseconds(100), patience: .init(telling: .zero, ending: .seconds(1)))
        loops.stop()
        await mock.stop()
        return result
    }

    private func judge<Result: Sendable>(
        _ target: Target, _ mock: MockServer, port: Int, patience: Duration = .seconds(20),
        _ work: @escaping @Sendable (Judge) async -> Result
    ) async -> Result {
        let loops = EventLoopGroup(count: 1)
        #expect(throws: Never.self) { try loops.start() }
        let judge = Judge(
            target: target, mock: mock, address: "http://127.0.0.1:\(port)", transport: CurlTransport(),
            patience: patience)
        let result = await withCheckedContinuation { continuation in
            loops.next().spawn { continuation.resume(returning: await work(judge)) }
        }
        loops.stop()
        return result
    }

    // MARK: What must not pass

    static let empty = HTTPResponse.json(200, #"{"choices":[{"message":{"content":""}}]}"#)

    @Test(
        "nothing passes if the endpoint gives one answer to everything",
        arguments: [
            FakeGateway.Habit.always(empty), .ignoring(empty), .always(.page), .ignoring(.page),
            .ignoring(
                .json(200, #"{"choices":[{"message":{"role":"assistant","content":"Hello!"},"finish_reason":"stop"}]}"#)
            ),
        ])
    func stubs(habit: FakeGateway.Habit) async throws {
        let report = try await report(habit)
        #expect(report.rows.filter(\.outcome.isPass).map(\.name) == [])
        #expect(!report.allPassed)
    }

    @Test("a stream that comes as one whole answer does not pass")
    func wholeForStream() async throws {
        let report = try await report(
            .asking { $0.replacing(#""stream":true"#, with: #""stream":false"#) }, only: ["stream"])
        #expect(report.rows.filter(\.outcome.isPass).map(\.name) == [])
    }

    @Test("a stream that is held back until its end does not pass as it is made")
    func heldStream() async throws {
        // This fake collects the whole answer before it sends it.
        let report = try await report(
            .changing { $0 }, only: ["a stream as it is made", "a stream, character by character"])
        #expect(report.rows.map(\.outcome.word) == ["passed", "lost"])
    }

    @Test("a lost member is reported with what was sent and what arrived")
    func lostMember() async throws {
        let report = try await report(
            .asking { $0.replacing(#""temperature":0.375,"#, with: "").replacing(#","temperature":0.375"#, with: "") },
            only: ["temperature"])
        let detail = report.rows.first?.outcome.detail ?? ""
        #expect(report.rows.first?.outcome.word == "lost")
        #expect(detail.contains("0.375") && detail.contains(#""model":"gpt-4o""#), "\(detail)")
    }

    // MARK: What is not the gateway's fault

    @Test(
        "a 400 is an honest refusal if its message names the field, and lost if it does not",
        arguments: [
            (
                #"{"error":{"message":"This provider does not support parameters: {'logprobs': True}","param":null}}"#,
                "refused"
            ),
            (#"{"error":{"message":"not supported","param":"logprobs"}}"#, "refused"),
            (#"{"error":{"message":"Something went wrong with mylogprobs_x.","param":null}}"#, "lost"),
            (#"{"error":{"message":"no such model","param":"model"}}"#, "lost"),
        ])
    func refusals(body: String, word: String) async throws {
        let report = try await report(.refusing(member: "logprobs", .json(400, body)), only: ["log-probabilities"])
        #expect(report.rows.map(\.outcome.word) == [word])
    }

    @Test("a short name counts in a message only if it is quoted")
    func shortNames() async throws {
        for (message, word) in [("'n' is not supported", "refused"), ("only n tokens", "lost")] {
            let answer = HTTPResponse.json(400, #"{"error":{"message":"\#(message)"}}"#)
            let report = try await report(.refusing(member: "n", answer), only: ["several answers"])
            #expect(report.rows.map(\.outcome.word) == [word])
        }
    }

    @Test("the judge waits for a gateway that rests its channel after a failure, and judges the next cases properly")
    func rest() async throws {
        let report = try await report(.resting(requests: 4), only: ["an error", "embeddings", "a limit", "a refusal"])
        #expect(report.rows.allSatisfy { $0.outcome.isPass || $0.outcome.word == "not offered" }, "\(report.table)")
    }

    @Test("an error because of a resting channel does not pass the error's case")
    func endlessRest() async throws {
        let report = try await report(.resting(requests: .max), only: ["an error"], patience: .seconds(2))
        #expect(report.rows.map(\.outcome.word) == ["passed", "lost", "lost"])
        #expect(report.rows.last?.outcome.detail.contains("rests its channel") == true)
    }

    @Test("what the upstream itself cannot do is the provider's limit")
    func limits() async throws {
        // Zhipu's own interface looks like OpenAI's, but always gives one answer.
        let installation = try await Installation(models: nil)
        try installation.addChannel(50, "upstream.upstream-secret", "/zhipu/api/paas/v4", models: "glm-4.6v")
        let target = Target(
            baseURL: "http://127.0.0.1:\(installation.gateway.port)/v1", key: "sk-roottoken", model: "glm-4.6v")
        let report = await judge(target, installation.mock, port: installation.mockPort) { judge in
            await judge.run(only: ["several answers", "temperature"])
        }
        #expect(report.rows.map(\.outcome.word) == ["passed", "provider's limit"], "\(report.table)")
        await installation.close()
    }

    @Test("an error that quotes a web page passes as a dialect")
    func dialects() async throws {
        let quoted = HTTPResponse.json(502, #"{"error":{"message":"The upstream said: <html><head></head></html>"}}"#)
        let report = try await report(.ignoring(quoted), only: ["a web page"])
        #expect(report.rows.map(\.outcome.word) == ["passed in a dialect"])
    }

    // MARK: Preflight

    @Test(
        "a target that cannot be judged is explained in one sentence",
        arguments: [
            (FakeGateway.Habit.always(.json(401, #"{"error":{"message":"Bad key."}}"#)), "refuses --key"),
            (.always(.json(404, #"{"error":{"message":"x","code":"model_not_found"}}"#)), "does not serve the model"),
            (.always(empty), "leads elsewhere"), (.always(.page), "no API of OpenAI's format"),
            (.ignoring(empty), "another answer than the mock's"),
            (.always(.json(503, #"{"error":{"message":"All down."}}"#)), "does not ask the mock"),
        ])
    func preflight(habit: FakeGateway.Habit, words: String) async throws {
        let problem = try await withFake(habit) { mock, mockPort, port in
            await judge(
                Target(baseURL: "http://127.0.0.1:\(port)/v1", key: "sk-x", model: "gpt-4o"), mock, port: mockPort
            ) { await $0.preflight() }
        }
        let sentence = try #require(problem)
        #expect(sentence.contains(words) && !sentence.contains("\n"), "\(sentence)")
    }

    @Test(
        "preflight finds a missing version and a closed port in an address, and accepts a good one")
    func preflightAddresses() async throws {
        let problems = try await withFake(.changing { $0 }) { mock, mockPort, port in
            var problems: [String?] = []
            for address in ["http://127.0.0.1:\(port)", "http://127.0.0.1:9/v1", "http://127.0.0.1:\(port)/v1/"] {
                problems.append(
                    await judge(Target(baseURL: address, key: "sk-x", model: "gpt-4o"), mock, port: mockPort) {
                        await $0.preflight()
                    })
            }
            return problems
        }
        #expect(problems[0]?.contains("lacks '/v1'") == true, "\(problems)")
        #expect(problems[1]?.contains("nothing answers") == true)
        #expect(problems[2] == nil)
    }
}
