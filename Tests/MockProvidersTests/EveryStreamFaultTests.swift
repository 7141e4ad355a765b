import JSON
import MockKit
import TestTraits
import Testing

/// Each fault of streams at each provider, and that none of them changes a whole answer.
@Suite("Every fault of a stream at every provider", .inTurn) struct EveryStreamFaultTests {
    @Test("`stream_error` is the last event of a stream, which then ends properly", arguments: FaultChat.streams)
    func failure(chat: FaultChat) async throws {
        let mock = try Mock()
        let plain = try mock.ask(chat)
        for count in [0, 2] {
            let failed = try mock.ask(chat, "\"stream_error\":\(count)")
            #expect(Array(failed.pieces.prefix(count)) == Array(plain.pieces.prefix(count)))
            #expect(failed.pieces.count == count + 1 && failed.isComplete)
            let last = String(decoding: failed.pieces.last ?? [], as: UTF8.self)
            #expect(last.contains("error") || last.contains("\"code\""), "\(last)")
            if chat.delivery == .list { #expect(failed.json?.array?.count == count + 1, "\(failed.text)") }
            #expect(mock.server.ledger.total.answers == 0)
        }
        await mock.stop()
    }

    @Test("`no_done` leaves out the end mark if there is one", arguments: FaultChat.streams)
    func end(chat: FaultChat) async throws {
        let mock = try Mock()
        let plain = try mock.ask(chat)
        let open = try mock.ask(chat, "\"no_done\":true")
        #expect(open.isComplete)
        #expect(open.pieces == (chat.end.isEmpty ? plain.pieces : plain.pieces.dropLast()))
        #expect(String(decoding: plain.pieces.last ?? [], as: UTF8.self).contains(chat.end) || chat.end.isEmpty)
        #expect(mock.server.ledger.total.answers == 1)
        await mock.stop()
    }

    @Test("`framing` sends the same events in other bytes", arguments: FaultChat.streams)
    func framing(chat: FaultChat) async throws {
        let mock = try Mock()
        let plain = try mock.ask(chat)
        let crlf = try mock.ask(chat, "\"framing\":\"crlf\"")
        #expect(withoutReturns(crlf.body) == withoutReturns(plain.body))
        #expect(crlf.body.count { $0 == 13 } == plain.body.count { $0 == 10 })
        let comments = try mock.ask(chat, "\"framing\":\"comments\"")
        // Comes before each event. A list has no comments, but may have empty lines between its elements.
        let mark = Array((chat.delivery == .list ? "\r\n" : ": ping\n\n").utf8)
        #expect(comments.body == plain.pieces.flatMap { mark + $0 })
        let nospace = try mock.ask(chat, "\"framing\":\"nospace\"")
        // Only the service's own space after the colon is left out; other spaces belong to the text.
        let spaceless = plain.text.replacing("data: {", with: "data:{").replacing("data: [", with: "data:[")
        #expect(nospace.text == spaceless.replacing("event: ", with: "event:"))
        for answer in [crlf, comments, nospace] {
            #expect(answer.isComplete)
            if chat.delivery == .list { #expect(answer.json == plain.json && plain.json != nil) }
        }
        #expect(mock.server.ledger.total.answers == 1)
        await mock.stop()
    }

    private func withoutReturns(_ bytes: [UInt8]) -> [UInt8] { bytes.filter { $0 != 13 } }

    @Test("`huge_line` comes before the first event, as a comment or as white space", arguments: FaultChat.all)
    func hugeLine(chat: FaultChat) async throws {
        let mock = try Mock()
        let plain = try mock.ask(chat)
        let huge = try mock.ask(chat, "\"huge_line\":100000")
        let pad = chat.delivery == .events ? ": " + String(repeating: "x", count: 100_000) + "\n\n" : spaces
        #expect(huge.body == Array(pad.utf8) + plain.body && huge.isComplete)
        #expect(chat.delivery == .events || huge.json == plain.json)
        #expect(mock.server.ledger.total.answers == 1)
        await mock.stop()
    }

    private let spaces = String(repeating: " ", count: 100_000)

    @Test("A whole answer is not changed by any of them", arguments: FaultChat.wholes)
    func whole(chat: FaultChat) async throws {
        let mock = try Mock()
        let plain = try mock.ask(chat)
        for fault in ["stream_error\":0", "no_done\":true", "framing\":\"crlf\"", "framing\":\"comments\""] {
            let answer = try mock.ask(chat, "\"" + fault)
            #expect(answer.body == plain.body && answer.isComplete, "\(fault)")
            #expect(mock.server.ledger.total.answers == 1)
        }
        await mock.stop()
    }

    @Test("`name` accepts a fault's name, or several", arguments: FaultChat.streams)
    func name(chat: FaultChat) async throws {
        let mock = try Mock()
        let plain = try mock.ask(chat)
        let answer = try mock.ask(chat, "\"name\":\"crlf+cut-2\"")
        #expect(withoutReturns(answer.body) == withoutReturns(plain.pieces.prefix(2).flatMap { $0 }))
        #expect(!answer.isComplete)
        await mock.stop()
    }
}
