import Glibc
import TestKit
import TestTraits
import Testing

@testable import Gateway

@Suite(.inTurn) struct EnvironmentFileTests {
    private let directory = TemporaryDirectory()
    private var path: String { directory.path + "/.env" }

    private func message(_ body: () throws -> Void) -> String? {
        do { try body() } catch { return (error as? ConfigurationError)?.message }
        return nil
    }

    @Test(
        "a line holds a name and a value, perhaps exported, quoted or with a comment",
        arguments: [
            ("A=b", ["A": "b"]), (" export A = b ", ["A": "b"]), ("A=\"b # c\"", ["A": "b # c"]),
            ("A='b'", ["A": "b"]), ("A=b # c", ["A": "b"]), ("#A=b", [:]), ("A", [:]), ("=b", [:]), ("A=", ["A": ""]),
            ("A=\"", ["A": "\""]), ("A=b\r\nC=d\r\n", ["A": "b", "C": "d"]), ("A=1\nA=2", ["A": "1"]),
            ("\u{feff}A=b", ["A": "b"]), ("A=Größe\n\n\nB==", ["A": "Größe", "B": "="]),
        ] as [(String, [String: String])])
    func lines(text: String, expected: [String: String]) throws {
        let found = try EnvironmentFile.variables(in: Array(text.utf8))
        #expect(found.count == expected.count)
        #expect(Dictionary(found.map { ($0.name, $0.value) }) { first, _ in first } == expected)
    }

    @Test("bytes that are not text are an error that names the line")
    func noText() {
        for bad in [[0xff], [0x42, 0x00], [0xc3]] as [[UInt8]] {
            let bytes = Array("A=b\nC=".utf8) + bad
            #expect(message { _ = try EnvironmentFile.variables(in: bytes) } == ".env, line 2, is not UTF-8 text")
        }
    }

    @Test("a file above the size limit is an error, and one at the limit is not")
    func size() throws {
        let line = Array("A=b\n#".utf8)
        try writeFile(path, line + [UInt8](repeating: 0x78, count: EnvironmentFile.limit - line.count))
        #expect(try EnvironmentFile.variables(at: path).map(\.value) == ["b"])
        try writeFile(path, line + [UInt8](repeating: 0x78, count: EnvironmentFile.limit))
        #expect(message { _ = try EnvironmentFile.variables(at: path) }?.contains("larger than 1048576") == true)
    }

    @Test("a missing file, a directory and a pipe count as no settings, and nothing blocks")
    func absent() throws {
        #expect(try EnvironmentFile.variables(at: path).isEmpty)
        #expect(mkfifo(path, 0o600) == 0)
        #expect(try EnvironmentFile.variables(at: path).isEmpty)
        unlink(path)
        #expect(try EnvironmentFile.variables(at: directory.path).isEmpty)
    }

    @Test(
        "a number that does not fit is refused, and the message names the variable",
        arguments: [
            "9223372036854775808", "-9223372036854775809", "-9223372036854775808", "1e9", "0x10", "", " 1", "１",
            String(repeating: "9", count: 100_000),
        ])
    func numbers(text: String) {
        for name in [
            "SQLITE_BUSY_TIMEOUT", "RELAY_TIMEOUT", "GLOBAL_API_RATE_LIMIT", "EVENT_LOOPS", "MAX_REQUEST_BODY_BYTES",
            "LEDGER_SYNC_INTERVAL", "LEDGER_JOURNAL_BYTES", "DRAIN_TIMEOUT", "PORT",
        ] {
            let problem = message { _ = try Configuration.parse(arguments: [], environment: [name: text]) }
            #expect(text.isEmpty ? problem == nil : problem?.hasPrefix(name) == true)
            #expect((problem?.utf8.count ?? 0) < 400, "the line is as long as the value")
        }
    }
}
