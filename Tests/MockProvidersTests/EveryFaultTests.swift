import JSON
import MockKit
import TestTraits
import Testing

/// Each fault of the control API at each provider, whole and streamed, as `MockProviders/README.md` describes it.
@Suite("Every fault at every provider", .inTurn) struct EveryFaultTests {
    /// A mock and its answer without a fault. Checks that the answer is whole and in the ledger.
    private func prepared(_ chat: FaultChat) throws -> (mock: Mock, plain: WireAnswer) {
        let mock = try Mock()
        let plain = try mock.ask(chat)
        #expect(plain.status == 200 && plain.isComplete && !plain.wasReset, "\(plain.head)\n\(plain.text)")
        #expect(chat.delivery == .whole || plain.pieces.count > 2)
        #expect(mock.server.ledger.total.answers == 1)
        return (mock, plain)
    }

    @Test("`error`, `html`, `status` with `body`, and `empty` replace the answer", arguments: FaultChat.all)
    func instead(chat: FaultChat) async throws {
        let mock = try Mock()
        let limit = try mock.ask(chat, "\"error\":429")
        #expect(
            limit.status == chat.limitStatus && limit.isComplete
                && (limit.text.contains("error") || limit.text.contains("\"code\"")), "\(limit.text)")
        let page = try mock.ask(chat, "\"html\":\"502\"")
        #expect(page.status == 502 && page.header("content-type") == "text/html; charset=UTF-8")
        #expect(page.text.hasPrefix("<!DOCTYPE html>") && page.isComplete)
        let object = try mock.ask(chat, "\"status\":418,\"body\":{\"a\":[1]},\"headers\":{\"x-tea\":\"pot\"}")
        #expect(object.status == 418 && object.text == "{\"a\":[1]}" && object.header("x-tea") == "pot")
        #expect(try mock.ask(chat, "\"status\":200,\"body\":\"Hello\"").text == "Hello")
        let empty = try mock.ask(chat, "\"empty\":true")
        #expect(empty.status == 200 && empty.body.isEmpty && empty.isComplete)
        #expect(mock.server.ledger.total.answers == 0)
        await mock.stop()
    }

    @Test("`reset` and `close` end the connection before a byte, and `silence` keeps it open", arguments: FaultChat.all)
    func nothing(chat: FaultChat) async throws {
        let mock = try Mock()
        let reset = try mock.ask(chat, "\"reset\":true")
        #expect(reset.isNothing && reset.wasReset)
        let close = try mock.ask(chat, "\"close\":true")
        #expect(close.isNothing && !close.wasReset)
        let silence = try mock.askStalling(chat, "\"silence\":true", pieces: 0)
        #expect(silence.answer.isNothing && silence.isOpen)
        #expect(mock.server.ledger.total.answers == 0)
        await mock.stop()
    }

    @Test("`delay_ms` and `headers` do not change the answer's body", arguments: FaultChat.all)
    func harmless(chat: FaultChat) async throws {
        let (mock, plain) = try prepared(chat)
        let start = ContinuousClock.now
        let late = try mock.ask(chat, "\"delay_ms\":80,\"headers\":{\"x-mark\":\"here\"}")
        #expect(ContinuousClock.now - start >= .milliseconds(80))
        #expect(late.body == plain.body && late.isComplete && late.header("x-mark") == "here")
        #expect(mock.server.ledger.total.answers == 1)
        await mock.stop()
    }

    @Test(
        "An answer is cut or stalls after the given events or bytes, and is not in the ledger", arguments: FaultChat.all
    )
    func broken(chat: FaultChat) async throws {
        let (mock, plain) = try prepared(chat)
        let events =
            chat.delivery == .whole ? Array(plain.body.prefix(plain.body.count / 2)) : plain.pieces[..<2].flatMap { $0 }
        let bytes = Array(plain.body.prefix(40))
        for (fault, body) in [("cut_events\":2", events), ("cut_bytes\":40", bytes), ("reset_events\":2", events)] {
            let cut = try mock.ask(chat, "\"" + fault)
            #expect(cut.status == 200 && cut.body == body && !cut.isComplete, "\(fault): \(cut.text)")
            #expect(cut.wasReset == fault.hasPrefix("reset"), "\(fault)")
            #expect(mock.server.ledger.total.answers == 0 && mock.server.ledger.unfinished == 1)
        }
        let pieces = chat.delivery == .whole ? 1 : 2
        let stalled = try mock.askStalling(chat, "\"stall_events\":2", pieces: pieces)
        #expect(stalled.answer.body == events && stalled.isOpen)
        let early = try mock.askStalling(chat, "\"stall_bytes\":40", pieces: 1)
        #expect(early.answer.body == bytes && early.isOpen)
        #expect(mock.server.ledger.total.answers == 0)
        await mock.stop()
    }

    @Test("`bad_utf8` puts two bytes into a text, and `bad_json` cuts a value's end off", arguments: FaultChat.all)
    func damaged(chat: FaultChat) async throws {
        let (mock, plain) = try prepared(chat)
        let letters = try mock.ask(chat, "\"bad_utf8\":true")
        let start = try #require(letters.body.firstRange(of: [0xe2, 0x82])?.lowerBound)
        var mended = letters.body
        mended.removeSubrange(start..<(start + 2))
        #expect(mended == plain.body && letters.isComplete)
        #expect(String(validating: letters.body, as: UTF8.self) == nil)
        // Only the text is damaged, and nothing around it.
        #expect(values(letters.text, chat).count == values(plain.text, chat).count, "\(letters.text)")
        let cut = try mock.ask(chat, "\"bad_json\":true")
        #expect(cut.isComplete && cut.body != plain.body)
        #expect(values(cut.text, chat).count < values(plain.text, chat).count, "\(cut.text)")
        if chat.delivery == .events {
            #expect(cut.pieces.count == plain.pieces.count)
            #expect(zip(cut.pieces, plain.pieces).count { $0 != $1 } == 1)
        }
        await mock.stop()
    }

    /// The values in an answer that can be read as JSON.
    private func values(_ text: String, _ chat: FaultChat) -> [JSON] {
        guard chat.delivery == .events else { return [text].compactMap { try? JSON.parse(Array($0.utf8)) } }
        return text.split(whereSeparator: \.isNewline).compactMap { line in
            guard let start = line.firstIndex(of: "{") else { return nil }
            return try? JSON.parse(Array(line[start...].utf8))
        }
    }

    @Test("`usage` is missing, zero or ten times too large, while the ledger keeps the truth", arguments: FaultChat.all)
    func usage(chat: FaultChat) async throws {
        let (mock, plain) = try prepared(chat)
        let truth = mock.server.ledger.total
        let told = counters(plain.text)
        #expect(told.isEmpty != chat.tellsUsage, "\(plain.text)")
        let missing = try mock.ask(chat, "\"usage\":\"missing\"")
        #expect(counters(missing.text).isEmpty)
        #expect(mock.server.ledger.total == truth)
        let zero = try mock.ask(chat, "\"usage\":\"zero\"")
        #expect(counters(zero.text).values.allSatisfy { $0 == 0 } && counters(zero.text).isEmpty == told.isEmpty)
        #expect(mock.server.ledger.total == truth)
        let wrong = try mock.ask(chat, "\"usage\":\"wrong\"")
        #expect(counters(wrong.text) == told.mapValues { $0 * 10 })
        #expect(mock.server.ledger.total == truth)
        #expect([missing, zero, wrong].allSatisfy { $0.isComplete && $0.status == 200 })
        await mock.stop()
    }

    /// The token counters that an answer reports; in a stream, the last ones.
    private func counters(_ text: String) -> [Substring: Int] {
        let names: Set<Substring> = [
            "prompt_tokens", "completion_tokens", "input_tokens", "output_tokens", "total_tokens", "promptTokenCount",
            "candidatesTokenCount", "totalTokenCount",
        ]
        let words = text.split(separator: "\"")
        var counters: [Substring: Int] = [:]
        for (word, next) in zip(words, words.dropFirst()) where names.contains(word) && next.hasPrefix(":") {
            counters[word] = Int(next.dropFirst().drop { $0 == " " }.prefix { $0.isNumber })
        }
        return counters
    }
}
