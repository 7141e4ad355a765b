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
            ("A='b'", ["A": "b"]), ("A=b # c", ["A": "b"]), ("#A=b", [:]), ("A=", ["A": ""]),
            ("A=b\r\nC=d\r\n", ["A": "b", "C": "d"]), ("A=1\nA=2", ["A": "2"]),
            ("\u{feff}A=b", ["A": "b"]), ("A=Größe\n\n\nB==", ["A": "Größe", "B": "="]),
            // Comments behind tabs and behind quotes, and what only looks like one.
            ("A=b\t# c", ["A": "b"]), ("A=b#c", ["A": "b#c"]), ("A=#c", ["A": "#c"]), ("A= # c", ["A": ""]),
            ("A=\"b\" # c \"d\"", ["A": "b"]), ("A='b'#c", ["A": "b"]), ("  # c\nA=b", ["A": "b"]),
            ("A=\"b # c\" # d\nB=e", ["A": "b # c", "B": "e"]),
            ("export\tA=b", ["A": "b"]), ("exportA=b", ["exportA": "b"]), ("export=b", ["export": "b"]),
            ("A: b", ["A": "b"]), ("A.B=c", ["A.B": "c"]), ("A=b\n\nA=\n", ["A": ""]),
            // Quotes: escapes in double ones, several lines in both.
            ("A=\"b\\nc\\\"d\\\\\"", ["A": "b\nc\"d\\"]), ("A='b\\nc'", ["A": "b\\nc"]),
            ("A=\"b\r\nc\"\r\nD=e", ["A": "b\nc", "D": "e"]), ("A=b \"c\"", ["A": "b \"c\""]),
            // Variables, but not where a password may have such a sign.
            ("A=b\nC=${A}-$A", ["A": "b", "C": "b-b"]), ("C=$HOME_OF/x", ["C": "/srv/x"]), ("C=${none}x", ["C": "x"]),
            ("a=b\nC=\"${a}\"", ["a": "b", "C": "b"]), ("A=b\nC='${A}'", ["A": "b", "C": "${A}"]),
            ("A=b\nC=\\$A", ["A": "b", "C": "$A"]), ("A=b\nC=\"\\${A}\"", ["A": "b", "C": "${A}"]),
            ("C=pa$sword", ["C": "pa$sword"]), ("C=a$", ["C": "a$"]), ("C=${", ["C": "${"]), ("C=$(x)", ["C": "$(x)"]),
            ("A=1\nA=${A}2", ["A": "12"]),
        ] as [(String, [String: String])])
    func lines(text: String, expected: [String: String]) throws {
        let environment = ["HOME_OF": "/srv", "A": "other"]
        let found = try EnvironmentFile.variables(in: Array(text.utf8), environment: environment)
        #expect(found.count == expected.count)
        #expect(Dictionary(found.map { ($0.name, $0.value) }) { first, _ in first } == expected)
    }

    @Test(
        "a line that cannot be read is an error with its number and without its text",
        arguments: [
            ("secret", 1, "NAME=value"), ("A=b\n\nsecret\nC=d", 3, "NAME=value"), ("=secret", 1, "before its '='"),
            ("A-B=secret", 1, "before its '='"), ("A B: secret", 1, "before its '='"),
            ("A=\"secret", 1, "does not end"), ("A='secret\nB=c\n", 1, "does not end"),
            ("A=\"b\" secret", 1, "behind a value in quotes"),
            ("A=\"b\n\"\nB='c'secret", 3, "behind a value in quotes"),
            ("export A", 1, "NAME=value"), ("A=\"", 1, "does not end"),
        ])
    func malformed(text: String, line: Int, words: String) {
        let message = message { _ = try EnvironmentFile.variables(in: Array(text.utf8)) }
        #expect(message?.hasPrefix(".env, line \(line), ") == true && message?.contains(words) == true)
        #expect(message?.contains("secret") == false)
    }

    @Test("a link to nowhere is an error, since somebody believes in what it leads to")
    func brokenLink() {
        #expect(symlink(directory.path + "/gone", path) == 0)
        let message = message { _ = try EnvironmentFile.variables(at: path) }
        #expect(message?.contains("cannot be read: No such file") == true)
    }

    @Test("bytes that are no text are an error that names the line")
    func noText() {
        for bad in [[0xff], [0x42, 0x00], [0xc3], [0xe9, 0x22]] as [[UInt8]] {
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
