import Conform
import EventLoop
import Glibc
import HTTP
import JSON
import MockKit
import TestKit
import TestTraits
import Testing

@testable import Gateway

/// Runs the judge that we offer to others, on our own gateway and on the mock itself.
@Suite(.inTurn) struct ConformTests {
    private func judge(_ target: Target, _ mock: MockServer, port: Int) async -> Report {
        let loops = EventLoopGroup(count: 1)
        #expect(throws: Never.self) { try loops.start() }
        let judge = Judge(
            target: target, mock: mock, address: "http://127.0.0.1:\(port)", transport: CurlTransport())
        let report = await withCheckedContinuation { continuation in
            loops.next().spawn { continuation.resume(returning: await judge.run()) }
        }
        loops.stop()
        return report
    }

    private func report(_ upstream: Upstream) async throws -> Report {
        let installation = try await Installation(models: nil)
        try installation.addChannel(
            upstream.type, upstream.key, upstream.prefix, models: upstream.models, ["config": .string(upstream.config)])
        let target = Target(
            baseURL: "http://127.0.0.1:\(installation.gateway.port)/v1", key: "sk-roottoken", model: upstream.model,
            reasoningModel: upstream.reasoningModel, searchModel: upstream.searchModel,
            embeddingModel: upstream.embeddingModel,
            imageModel: upstream.imageModel)
        let report = await judge(target, installation.mock, port: installation.mockPort)
        await installation.close()
        return report
    }

    /// `UPDATE_MATRIX=1` writes the table instead of comparing with it.
    @Test("our gateway loses nothing with any provider, and the matrix in Sources/Providers agrees")
    func gateway() async throws {
        var matrix = FeatureMatrix()
        for upstream in Upstream.all {
            let report = try await report(upstream)
            #expect(report.allPassed, "\(upstream.name):\n\(report.table)")
            matrix.add(upstream.name, report)
        }
        guard getenv("UPDATE_MATRIX") == nil else {
            return try Fixture.replaceTable(in: FeatureMatrix.path, with: matrix.markdown)
        }
        #expect(matrix == FeatureMatrix.published, "UPDATE_MATRIX=1 writes it anew:\n\(matrix.markdown)")
    }

    @Test("a gateway that loses things does not pass")
    func loser() async throws {
        // The target is the mock's own OpenAI, with a key that is wrong for every case.
        let mock = try MockServer()
        let port = try mock.start()
        let report = await judge(
            Target(baseURL: "http://127.0.0.1:\(port)/openai/v1", key: "mock-bad", model: "gpt-4o"), mock, port: port)
        #expect(!report.allPassed)
        #expect(report.rows.filter { $0.outcome == .passed }.count < report.rows.count / 2, "\(report.table)")
        await mock.stop()
    }
}
