import Database
import Gateway
import Glibc
import TestKit

/// Journals after a crash, a disk error or an edit by hand: they are opened or refused, and nothing is applied that
/// they do not hold.
final class LedgerTarget: FuzzTarget {
    let name = "journals"
    /// The whole journal is damaged, at important positions.
    let samples: [[UInt8]] = [[]]
    private let whole: [UInt8]
    private let database: SQLiteDatabase
    private let directory = TemporaryDirectory()
    private let charged: (quota: Int64, rows: Int64)
    private var path: String { directory.path + "/one-api.db-oneapi-journal" }

    init() throws {
        // Start from the journal of a gateway that charged and was killed.
        let source = try FuzzGateway()
        source.upstream.answers(
            200,
            Array(
                #"{"id":"a","choices":[{"index":0,"message":{"content":"b"},"finish_reason":"stop"}],"usage":{"prompt_tokens":9,"completion_tokens":9}}"#
                    .utf8))
        let body = Array(#"{"model":"gpt-4o","messages":[{"role":"user","content":"hi"}]}"#.utf8)
        for _ in 0..<6 { _ = source.ask("POST", "/v1/chat/completions", body, key: "sk-roottoken") }
        let server = source.gateway
        try waiting { await server.shutDown() }
        whole = readFile(source.journalPath)
        try writeFile(directory.path + "/one-api.db", [])
        unlink(directory.path + "/one-api.db")
        let copy = directory.path + "/one-api.db"
        let original = source.database
        try waiting { try await original.read { try $0.execute("VACUUM INTO '\(copy)'") } }
        let opened = try SQLiteDatabase(path: copy)
        (database, charged) = (opened, try Self.sums(opened))
        guard charged.rows > 0 else { throw FuzzError.noAnswer }
    }

    deinit { database.close() }

    private static func sums(_ database: SQLiteDatabase) throws -> (quota: Int64, rows: Int64) {
        let found = try waiting {
            try await database.read { connection in
                try connection.first(
                    "SELECT (SELECT sum(used_quota) FROM users), (SELECT count(*) FROM logs WHERE type = 2)"
                ) { ($0.int(0), $0.int(1)) }
            }
        }
        return found ?? (0, 0)
    }

    func check(_ input: [UInt8], _ generator: inout Generator) -> String? {
        do {
            let isWhole = generator.below(16) == 0
            try reset(applied: isWhole ? 0 : [0, 0, 0, 1, 7, .max, .min, -1][generator.below(8)])
            let isForged = !isWhole && generator.below(3) == 0
            let bytes = isWhole ? whole : isForged ? forged(&generator) : broken(&generator)
            try writeFile(path, bytes)
            let (database, path) = (database, path)
            do {
                try waiting { _ = try await Ledger(journalPath: path, journalSize: 1 << 20, database: database) }
            } catch { if isWhole { return "the whole journal is refused: \(error)" } else { return nil } }
            let sums = try Self.sums(database)
            if isWhole, sums != charged { return "\(sums) of \(charged) applied of a whole journal" }
            // A forged record is believed.
            return isForged || sums.rows <= charged.rows && sums.quota <= charged.quota
                ? nil : "\(sums) applied of \(charged)"
        } catch {
            return "\(error)"
        }
    }

    private func reset(applied: Int64) throws {
        let database = database
        try waiting {
            try await database.write { connection in
                try connection.execute("UPDATE users SET quota = 1000000, used_quota = 0, request_count = 0")
                try connection.execute("DELETE FROM logs")
                try connection.run("UPDATE oneapi_ledger SET generation = 0, applied = ?", .int(applied))
            }
        }
        removeJournals()
    }

    /// The journal, and the files that the last opening left beside it.
    private func removeJournals() {
        guard let listing = opendir(directory.path) else { return }
        defer { closedir(listing) }
        while let entry = readdir(listing) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name.hasPrefix("one-api.db-oneapi-journal") { unlink("\(directory.path)/\(name)") }
        }
    }

    /// Writes extreme numbers into records and corrects their checksums: `length u32, crc32 u32, content`, from byte 24
    /// on.
    private func forged(_ generator: inout Generator) -> [UInt8] {
        var bytes = whole
        func number(_ place: Int) -> Int { bytes[place..<(place + 4)].reversed().reduce(0) { $0 << 8 | Int($1) } }
        var place = 24
        while place + 8 <= bytes.count, case let length = number(place), length >= 9, place + 8 + length <= bytes.count
        {
            let content = (place + 8)..<(place + 8 + length)
            if generator.below(2) == 0 {
                let start =
                    content.lowerBound + (generator.below(4) == 0 ? 0 : 9 + 8 * generator.below((length - 9) / 8 + 1))
                let value = [UInt64.max, 0, 1 << 63, .max >> 1, (.max >> 1) - 1, 1 << 62][generator.below(6)]
                for index in 0..<8 where start + index < content.upperBound {
                    bytes[start + index] = UInt8(truncatingIfNeeded: value >> UInt64(8 * index))
                }
                let sum = Self.checksum(bytes[content])
                for index in 0..<4 { bytes[place + 4 + index] = UInt8(truncatingIfNeeded: sum >> UInt32(8 * index)) }
            }
            place = content.upperBound
        }
        return bytes
    }

    /// zlib's crc32.
    private static func checksum(_ bytes: ArraySlice<UInt8>) -> UInt32 {
        ~bytes.reduce(UInt32.max) { sum, byte in
            (0..<8).reduce(sum ^ UInt32(byte)) { value, _ in value >> 1 ^ (value & 1 == 0 ? 0 : 0xedb8_8320) }
        }
    }

    /// Changes bits, numbers and lengths in the written part.
    private func broken(_ generator: inout Generator) -> [UInt8] {
        var bytes = whole
        let half = bytes.count / 2
        let used = (bytes[..<half].lastIndex { $0 != 0 } ?? 0) + 1
        for _ in 0...generator.below(4) {
            let place = generator.below(4) == 0 ? half + generator.below(64) : generator.below(used)
            guard place < bytes.count else { continue }
            switch generator.below(6) {
            case 0: bytes[place] ^= 1 << UInt8(generator.below(8))
            case 1:
                let number = [UInt64.max, 0, 1 << 63, .max >> 1, 0xffff_ffff, 1 << 31][generator.below(6)]
                for index in 0..<8 where place + index < bytes.count {
                    bytes[place + index] = UInt8(truncatingIfNeeded: number >> UInt64(8 * index))
                }
            case 2: bytes.removeSubrange(place..<min(bytes.count, place + 1 + generator.below(40)))
            case 3: bytes.insert(contentsOf: bytes[place..<min(bytes.count, place + generator.below(200))], at: place)
            case 4: bytes.replaceSubrange(place..., with: repeatElement(0, count: bytes.count - place))
            default: bytes.removeSubrange((generator.below(3) == 0 ? place : max(place, bytes.count - 100))...)
            }
        }
        return bytes
    }
}
