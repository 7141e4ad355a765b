import Database
import TestKit
import TestTraits
import Testing

@testable import Gateway

@Suite(.inTurn) struct FirstJournalTests {
    /// A file as version 0.1 wrote it: two segments, the records in the second one.
    private func file(_ entries: [LedgerEntry], identity: Int64, size: Int = 64 << 10) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: size)
        var place = size / 2
        func put(_ value: some FixedWidthInteger) {
            withUnsafeBytes(of: value.littleEndian) { for byte in $0 { (bytes[place], place) = (byte, place + 1) } }
        }
        put(0x4f4e_4541_5049_4a31 as UInt64)
        put(2 as Int64)
        put(identity)
        for (number, entry) in entries.enumerated() {
            var payload: [UInt8] = []
            entry.encode(into: &payload)
            var content: [UInt8] = []
            withUnsafeBytes(of: Int64(number + 1).littleEndian) { content += Array($0) }
            content += [entry.kind] + payload
            put(UInt32(content.count))
            put(content.withUnsafeBytes { checksum($0) })
            for byte in content { put(byte) }
        }
        return bytes
    }

    private let entries: [LedgerEntry] = [
        .opened(reservation: 1, userID: 1, tokenID: 1, amount: 50),
        .settled(reservation: 1, userID: 1, tokenID: 1, chargesToken: true, settlement: settlement(40)),
        .adjustedUser(id: 1, delta: 500), .adjustedToken(id: 1, delta: -100),
        .opened(reservation: 2, userID: 1, tokenID: 1, amount: 60), .refunded(reservation: 2),
        .opened(reservation: 3, userID: 1, tokenID: 1, amount: 70),
        .settled(reservation: 3, userID: 1, tokenID: 1, chargesToken: true, settlement: settlement(7)),
    ]

    @Test("a journal in the layout of version 0.1 is read after a kill, and the next start writes the new layout")
    func reads() async throws {
        let fixture = try await LedgerFixture()
        let identity = try await fixture.database.write { try $0.databaseIdentity() }
        let copy = try fixture.killed { $0 = file(entries, identity: identity) }
        for round in 0..<2 {
            let again = try await LedgerFixture(copy)
            #expect(again.ledger.replayedEntries == (round == 0 ? 4 : 0))
            #expect(again.notices.list.isEmpty)
            #expect(try await again.read() == (1453, 853, 47))
            #expect(JournalHead(readFile(again.path)) != nil)
        }
    }

    @Test("a damaged byte costs only the record that holds it")
    func damaged() async throws {
        let fixture = try await LedgerFixture()
        let identity = try await fixture.database.write { try $0.databaseIdentity() }
        let whole = file(entries, identity: identity)
        let used = whole.lastIndex { $0 != 0 } ?? 0
        for place in stride(from: whole.count / 2 + 24, through: used, by: 31) {
            let again = try await LedgerFixture(
                try fixture.killed {
                    $0 = whole
                    $0[place] ^= 0xff
                })
            #expect((3...4).contains(again.ledger.replayedEntries))
            #expect(again.notices.journal?.problem == .damagedRecords)
        }
        let other = try await LedgerFixture(try fixture.killed { $0 = file(entries, identity: identity &+ 1) })
        #expect(other.ledger.replayedEntries == 0 && other.notices.journal?.problem == .foreign)
    }
}
