import Glibc
import TestKit
import TestTraits
import Testing

/// The gateway's program and the signals that it gets.
@Suite(.inTurn) struct SignalTests {
    private let directory = TemporaryDirectory()
    private var log: String { directory.path + "/oneapi.log" }

    private func start(_ more: [String: String] = [:]) -> Child {
        let settings = [
            "HOST": "127.0.0.1", "PORT": "0", "ONLY_ONE_LOG_FILE": "true", "EVENT_LOOPS": "1",
            "LEDGER_JOURNAL_BYTES": "1048576",
        ]
        return Child(
            "one-api", ["--log-dir", "."], in: directory.path, environment: settings.merging(more) { $1 })
    }

    private func text(_ path: String) -> String { String(decoding: readFile(path), as: UTF8.self) }

    /// The port that the program's output names.
    private func port(_ child: Child) throws -> Int {
        var port: Int?
        _ = Child.isTrue {
            port = child.output.firstMatch(of: #/address=http://127\.0\.0\.1:(\d+)/#).flatMap { Int($0.1) }
            return port != nil || !child.isRunning
        }
        return try #require(port, "\(child.errors)")
    }

    private func ask(_ port: Int) throws {
        let client = try RawClient(port: port)
        client.send("GET /api/status HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        #expect(client.receiveAll().hasPrefix("HTTP/1.1 200"))
    }

    @Test("SIGHUP reopens a renamed log file and does not end the program, and SIGTERM ends it with status 0")
    func reopens() throws {
        let child = start()
        let port = try port(child)
        #expect(Child.isTrue { text(log).contains("One API is ready") })
        #expect(rename(log, log + ".1") == 0)
        child.send(SIGHUP)
        #expect(Child.isTrue { text(log).contains("the log file was reopened") })
        try ask(port)
        #expect(Child.isTrue { text(log).contains("GET /api/status") })
        #expect(!text(log + ".1").contains("GET /api/status"))
        // Again, with a log file that cannot be opened.
        #expect(rename(log, log + ".2") == 0)
        #expect(mkdir(log, 0o755) == 0)
        child.send(SIGHUP)
        #expect(Child.isTrue { child.errors.contains("the log file cannot be opened") })
        try ask(port)
        child.send(SIGTERM)
        #expect(child.ended() == 0)
        #expect(text(log + ".2").contains("goodbye"))
        rmdir(log)
    }

    @Test("two signals at once count as one, and a later one ends the program without waiting for requests")
    func impatience() throws {
        let child = start(["DRAIN_TIMEOUT": "100"])
        let client = try RawClient(port: try port(child))
        client.send("POST /api/user/login HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n{")
        // The request is running before the program is told to end.
        #expect(client.isSilent(milliseconds: 200))
        child.send(SIGINT)
        child.send(SIGTERM)
        #expect(Child.isTrue { text(log).contains("shutting down") })
        #expect(child.isRunning)
        let isOver = Child.isTrue(within: 20) {
            child.send(SIGTERM)
            return !child.isRunning
        }
        #expect(isOver && child.ended() == 128 + SIGTERM)
        #expect(child.errors.contains("ended at once by a second signal"))
    }

    @Test("a log directory that cannot be written ends the start with one sentence")
    func logDirectory() throws {
        #expect(mkdir(log, 0o755) == 0)
        let child = start()
        #expect(child.ended() == 2)
        #expect(
            child.errors == "one-api: cannot start: the log file ./oneapi.log cannot be written: Is a directory\n")
        rmdir(log)
    }

    @Test("it listens at all addresses unless told otherwise, and says so as people write it")
    func allAddresses() throws {
        let child = start(["HOST": ""])
        let pattern = #/One API is ready version=\S+ address=http://localhost:(\d+)/#
        #expect(Child.isTrue { child.output.contains(pattern) || !child.isRunning })
        let port = try #require(child.output.firstMatch(of: pattern).flatMap { Int($0.1) }, "\(child.errors)")
        try ask(port)
        #expect(Child.isTrue { text(log).contains("| 127.0.0.1 | GET /api/status") })
    }

    @Test("a .env that is no text ends the start with a line that says where")
    func environmentFile() throws {
        try writeFile(directory.path + "/.env", Array("HOST=127.0.0.1\nPORT=\u{0}\n".utf8))
        let child = start()
        #expect(child.ended() == 2)
        #expect(child.errors == "one-api: .env, line 2, is not UTF-8 text\n")
    }
}
