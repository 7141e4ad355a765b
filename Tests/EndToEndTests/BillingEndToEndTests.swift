import Database
import JSON
import MockKit
import TestKit
import TestTraits
import Testing

@testable import Gateway

@Suite(.inTurn) struct BillingEndToEndTests {
    @Test("charges whole and streamed answers exactly as the mock's ledger counted them")
    func matchesLedger() async throws {
        let installation = try await Installation(models: "gpt-4o")
        for number in 0..<20 {
            let answer = try installation.chat("Question \(number): 你好, how are you? 😀", isStream: number % 2 == 0)
            #expect(answer.status == 200)
        }
        let books = try installation.books()
        let served = installation.mock.ledger.total
        #expect(served.answers == 20)
        #expect(books.prompt == Int64(served.promptTokens))
        #expect(books.completion == Int64(served.completionTokens))
        #expect(books.left == 500_000_000_000_000 - books.quota)
        await installation.close()
    }

    @Test("charges nothing for an upstream's errors, and passes their meaning on")
    func errorsAreFree() async throws {
        let installation = try await Installation(models: "mock-error-429,mock-html-502,gpt-4o")
        #expect(try installation.chat("x", model: "mock-error-429").status == 429)
        #expect(try installation.chat("x", model: "mock-html-502").status == 502)
        #expect(try installation.books().quota == 0)
        await installation.close()
    }

    @Test("charges what a cut stream had produced, and never ends the stream properly")
    func cutStreams() async throws {
        let installation = try await Installation(models: "mock-cut-3")
        let answer = try installation.chat("Tell me something long.", model: "mock-cut-3", isStream: true)
        #expect(!answer.body.contains("[DONE]"))
        #expect(answer.body.contains("\"error\""))
        let books = try installation.books()
        #expect(books.prompt > 0)
        #expect(books.quota > 0)
        #expect(books.left == 500_000_000_000_000 - books.quota)
        await installation.close()
    }
}
