import Conform
import EventLoop
import Glibc
import HTTP
import JSON
import MockKit

/// Judges a gateway and exits: 0 if all is well, 1 if something was lost, 2 for a wrong flag, 3 if the target cannot be
/// judged.
func conform(_ arguments: Arguments) async -> Never {
    signal(SIGPIPE, SIG_IGN)
    let expected = expectations(arguments)
    if let stray = arguments.only.first(where: { text in !Judge.caseNames.contains { $0.contains(text) } }) {
        fail("--only: no case has '\(stray)' in its name")
    }
    // Tried before the cases, which take a while.
    for (flag, path) in arguments.outputs { write([], to: path, named: flag) }
    // Sets up libcurl's global state, before any thread starts.
    let transport = CurlTransport()
    let loops = EventLoopGroup(count: 1)
    do {
        let mock = try MockServer(configuration: arguments.configuration)
        let port = try mock.start()
        let address = "http://\(arguments.configuration.host):\(port)"
        print("the mock listens at \(address)")
        fflush(nil)
        try loops.start()
        let judge = Judge(target: arguments.target, mock: mock, address: address, transport: transport)
        let result: Result<Report, Arguments.Problem> = await withCheckedContinuation { continuation in
            loops.next().spawn { continuation.resume(returning: await verdict(of: judge, arguments, expected)) }
        }
        let report: Report
        switch result {
        case .success(let found): report = found
        case .failure(let problem): fail(problem.message, status: 3)
        }
        print(report.summary)
        if let path = arguments.reportPath { write(report.json.encodedPretty(), to: path, named: "--report") }
        if let path = arguments.junitPath { write(Array(report.junit.utf8), to: path, named: "--junit") }
        await mock.stop()
        loops.stop()
        exit(report.isAsExpected ? 0 : 1)
    } catch {
        fail(explanation(of: error))
    }
}

/// Prints each result as it comes.
private func verdict(
    of judge: Judge, _ arguments: Arguments, _ expected: Set<String>
) async -> Result<Report, Arguments.Problem> {
    if let problem = await judge.preflight() { return .failure(Arguments.Problem(message: problem)) }
    let report = await judge.run(only: arguments.only, expected: expected) { row in
        print(row.line)
        fflush(nil)
    }
    return .success(report)
}

extension Arguments {
    /// The files to write, with the flags that name them.
    fileprivate var outputs: [(flag: String, path: String)] {
        [("--report", reportPath), ("--junit", junitPath)].compactMap { flag, path in path.map { (flag, $0) } }
    }
}

/// The names of the cases that are known to fail.
private func expectations(_ arguments: Arguments) -> Set<String> {
    guard let path = arguments.expectationsPath else { return [] }
    guard let file = fopen(path, "rb") else { fail("--expect: '\(path)' cannot be read") }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 65_536)
    while case let count = fread(&piece, 1, piece.count, file), count > 0, bytes.count < 1 << 20 {
        bytes += piece.prefix(count)
    }
    var names: Set<String> = []
    for line in String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline) {
        let name = line.prefix { $0 != "#" }.split(separator: " ").joined(separator: " ")
        if name.isEmpty { continue }
        guard Judge.caseNames.contains(name) else { fail("--expect: '\(path)' names no case with '\(name)'") }
        names.insert(name)
    }
    return names
}

private func write(_ bytes: [UInt8], to path: String, named flag: String) {
    guard let file = fopen(path, "wb") else { fail("\(flag) cannot be written to '\(path)'") }
    defer { fclose(file) }
    guard fwrite(bytes, 1, bytes.count, file) == bytes.count else { fail("\(flag) cannot be written to '\(path)'") }
}
