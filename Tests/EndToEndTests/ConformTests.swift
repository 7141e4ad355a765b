import Conform
import Database
import EventLoop
import HTTP
import MockKit
import Testing

@testable import Gateway

/// The judge that we offer to others, on our own gateway and on the mock itself.
@Suite struct ConformTests {
    private func judge(_ target: Target, _ mock: MockServer) async -> Report {
        let loops = EventLoopGroup(count: 1)
        loops.start()
        let judge = Judge(target: target, mock: mock, transport: CurlTransport())
        let report = await withCheckedContinuation { continuation in
            loops.next().spawn { continuation.resume(returning: await judge.run()) }
        }
        loops.stop()
        return report
    }

    @Test("our gateway passes in front of every provider", arguments: ProviderEndToEndTests.all)
    func gateway(_ upstream: ProviderEndToEndTests.Upstream) async throws {
        let installation = try await Installation(models: nil)
        try installation.addChannel(upstream.type, upstream.key, upstream.prefix, models: upstream.model)
        let target = Target(
            baseURL: "http://127.0.0.1:\(installation.gateway.port)/v1", key: "sk-roottoken", model: upstream.model)
        let report = await judge(target, installation.mock)
        let lost = report.rows.filter { $0.outcome.isFailure }.map(\.name)
        #expect(lost == upstream.loses, "\(report.table)")
        await installation.close()
    }

    @Test("a gateway that loses things does not pass")
    func loser() async throws {
        // The mock's own OpenAI, whose key is wrong for every case.
        let mock = try MockServer()
        let port = try mock.start()
        let report = await judge(
            Target(baseURL: "http://127.0.0.1:\(port)/openai/v1", key: "mock-bad", model: "gpt-4o"), mock)
        #expect(!report.allPassed)
        #expect(report.rows.filter { $0.outcome == .passed }.count < report.rows.count / 2, "\(report.table)")
        await mock.stop()
    }
}
