import Glibc
import TestKit
import TestTraits
import Testing

@testable import Gateway

@Suite(.inTurn) struct LogTests {
    private let directory = TemporaryDirectory()

    /// The lines in a file after the log was closed.
    private func lines(_ name: String, isOneFile: Bool = false, showsDebug: Bool = false, _ body: (Log) -> Void)
        -> [String]
    {
        let log = Log(directory: directory.path, isOneFile: isOneFile, showsDebug: showsDebug, echoes: false)
        body(log)
        log.close()
        return String(decoding: readFile("\(directory.path)/\(name)"), as: UTF8.self).split(separator: "\n").map(
            String.init)
    }

    @Test("a line has level, local time, request id, message and fields, in the file of the day")
    func application() throws {
        let before = LocalTime.now()
        let lines = lines("oneapi-\(before.dayDigits).log") { log in
            log.write(.warning, "something odd", requestID: "42", ["channel": "7", "reason": "a\nb\r\nc"])
        }
        guard LocalTime.now().dayDigits == before.dayDigits else { return }
        let line = try #require(lines.first)
        #expect(lines.count == 1)
        #expect(
            line.wholeMatch(
                of: #/\[WARN\] \d{4}/\d\d/\d\d - \d\d:\d\d:\d\d \| 42 \| something odd channel=7 reason=abc/#) != nil)
    }

    @Test("a request's line has no query, and its time in milliseconds")
    func access() {
        let lines = lines("oneapi.log", isOneFile: true) { log in
            log.access(
                requestID: "1", status: 200, microseconds: 12_034, address: "1.2.3.4", method: "GET",
                path: "/api/status")
        }
        #expect(lines.first?.hasPrefix("[GIN] ") == true)
        #expect(lines.first?.hasSuffix("| 1 | 200 | 12.034ms | 1.2.3.4 | GET /api/status") == true)
    }

    @Test("debug lines are written only when asked for, and a second run appends")
    func levels() {
        #expect(lines("oneapi.log", isOneFile: true) { $0.write(.debug, "quiet") }.isEmpty)
        #expect(lines("oneapi.log", isOneFile: true, showsDebug: true) { $0.write(.debug, "loud") }.count == 1)
        #expect(lines("oneapi.log", isOneFile: true) { $0.write(.error, "more") }.count == 2)
    }

    @Test("a directory in which the file cannot be written is known at once, and another's lines go on")
    func unwritable() throws {
        #expect(mkdir(directory.path + "/oneapi.log", 0o755) == 0)
        for path in [directory.path, directory.path + "/nowhere"] {
            let log = Log(directory: path, isOneFile: true, echoes: false)
            #expect(log.problem?.hasPrefix("the log file \(path)/oneapi.log cannot be written: ") == true)
            log.close()
        }
        let other = Log(directory: directory.path, echoes: false)
        #expect(other.problem == nil)
        other.close()
    }

    @Test("lines from many threads are whole and none is lost")
    func manyThreads() async {
        let log = Log(directory: directory.path, isOneFile: true, echoes: false)
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<20 {
                group.addTask { for _ in 0..<50 { log.write(.info, "line", requestID: "\(number)") } }
            }
        }
        log.close()
        let lines = String(decoding: readFile("\(directory.path)/oneapi.log"), as: UTF8.self).split(separator: "\n")
        #expect(lines.count == 1000)
        #expect(lines.allSatisfy { $0.hasPrefix("[INFO] ") && $0.hasSuffix(" | line") })
    }
}
