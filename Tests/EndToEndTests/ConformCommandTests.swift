import EventLoop
import Glibc
import HTTP
import JSON
import MockKit
import TestKit
import TestTraits
import Testing

@testable import Gateway

/// `MockProviders conform` as a process: its arguments, its report and its exit status.
@Suite(.inTurn) struct ConformCommandTests {
    private let directory = TemporaryDirectory()

    /// The program `MockProviders` beside the program that runs this test.
    private static let executable: String = {
        var path = [CChar](repeating: 0, count: 4096)
        let count = max(0, readlink("/proc/self/exe", &path, path.count))
        let words = path[..<count].map { UInt8(bitPattern: $0) }.split(separator: 0x2f).dropLast()
        return "/" + words.map { String(decoding: $0, as: UTF8.self) + "/" }.joined() + "MockProviders"
    }()

    private func run(_ arguments: String) -> Shell.Outcome {
        Shell.run("\(Self.executable) \(arguments)", in: directory.path)
    }

    /// A free port outside the range from which the system assigns ports.
    private func freePort() async throws -> Int {
        for _ in 0..<100 {
            let mock = try MockServer(configuration: MockConfiguration(port: Int.random(in: 20_000..<30_000)))
            let port = try? mock.start()
            await mock.stop()
            if let port { return port }
        }
        throw ListenError.portInUse(0)
    }

    @Test("exits with 0 and a full report for a gateway that loses nothing")
    func passes() async throws {
        let port = try await freePort()
        let installation = try await Installation(models: nil)
        try installation.addChannel(
            1, "sk-mock-upstream", "", models: "gpt-4o,text-embedding-3-small,dall-e-3",
            ["base_url": .string("http://127.0.0.1:\(port)/openai")])
        let target = "http://127.0.0.1:\(installation.gateway.port)/v1"
        let outcome = run(
            "conform --target \(target) --key=sk-roottoken --format openai --model gpt-4o --port \(port)"
                + " --embedding-model text-embedding-3-small --image-model dall-e-3 --report report.json")
        let table = String(decoding: outcome.output, as: UTF8.self)
        #expect(outcome.status == 0 && outcome.errors.isEmpty, "\(outcome.errors)\(table)")
        let report = try JSON.parse(readFile(directory.path + "/report.json"))
        #expect(report["target"]?.string == target && report["model"]?.string == "gpt-4o")
        #expect(report["all_passed"]?.bool == true)
        let cases = report["cases"]?.array ?? []
        #expect(cases.count > 40)
        for one in cases {
            let name = try #require(one["name"]?.string)
            let word = try #require(one["outcome"]?.string)
            #expect(one["detail"]?.string?.isEmpty == (word == "passed"))
            #expect(table.split(separator: "\n").contains { $0.hasPrefix(name) && $0.contains(" \(word)") }, "\(name)")
        }
        let passed = cases.count { $0["outcome"]?.string == "passed" }
        #expect(table.contains("\n\(passed) of \(cases.count) passed: \(target), model gpt-4o\n"))
        await installation.close()
    }

    /// Runs a test with the mock's own OpenAI behind a gateway that drops every temperature.
    private func loser(_ body: (String, Int) async throws -> Void) async throws {
        let port = try await freePort()
        let loops = EventLoopGroup(count: 1)
        let habit = FakeGateway.Habit.asking { $0.replacing(#","temperature":0.375"#, with: "") }
        let server = HTTPServer(
            configuration: ServerConfiguration(host: "127.0.0.1", port: 0), loops: loops,
            handler: FakeGateway(habit, mockPort: port))
        try loops.start()
        try await body("--target http://127.0.0.1:\(try server.start())/v1 --key sk-mock --model gpt-4o", port)
        await server.drain(limit: .milliseconds(100), patience: .init(telling: .zero, ending: .seconds(1)))
        loops.stop()
    }

    @Test(
        "exits with 1 and reports what was lost: on the screen, as JSON with the exchanges, and as JUnit's XML")
    func loses() async throws {
        try await loser { target, port in
            let outcome = run(
                "conform \(target) --port \(port) --only temperature --only top_p --report report.json --junit report.xml"
            )
            let table = String(decoding: outcome.output, as: UTF8.self)
            #expect(outcome.status == 1 && outcome.errors.isEmpty, "\(outcome.errors)\(table)")
            #expect(table.contains(" lost: ") && table.contains("1 of 2 passed"))
            let report = try JSON.parse(readFile(directory.path + "/report.json"))
            #expect(report["all_passed"]?.bool == false && report["versions"]?["MockProviders"]?.string != nil)
            let lost = try #require(report["cases"]?.array?.first { $0["outcome"]?.string == "lost" })
            let exchange = lost["exchanges"]?[0]
            #expect(exchange?["request"]?["temperature"]?.double == 0.375)
            #expect(exchange?["upstream"]?[0]?["request"]?["model"]?.string == "gpt-4o")
            #expect(exchange?["upstream"]?[0]?["request"]?["temperature"] == nil)
            #expect(exchange?["answer"]?["status"]?.int == 200 && lost["seconds"]?.double ?? 0 > 0)
            let xml = String(decoding: readFile(directory.path + "/report.xml"), as: UTF8.self)
            #expect(xml.contains(#"tests="2" failures="1" skipped="0""#))
            #expect(xml.contains(#"name="temperature""#) && xml.contains("<failure message=\"lost: "))
        }
    }

    @Test("exits with 0 if only known cases fail, and names those that no longer do")
    func knownFailures() async throws {
        try writeFile(directory.path + "/known", Array("# known\ntemperature\ntop_p # mended\n".utf8))
        try await loser { target, port in
            let outcome = run("conform \(target) --port \(port) --only temperature --only top_p --expect known")
            let table = String(decoding: outcome.output, as: UTF8.self)
            #expect(outcome.status == 0, "\(outcome.errors)\(table)")
            #expect(table.contains("lost (known)") && table.contains("known as failing, and they do not fail: top_p"))
        }
    }

    @Test("exits with 3 and one sentence if the target cannot be judged")
    func unreachable() {
        for (target, words) in [
            ("http://127.0.0.1:9/v1", "nothing answers"), ("http://no-such-host.invalid/v1", "nothing"),
        ] {
            let outcome = run("conform --target \(target) --key k --port 0")
            #expect(outcome.status == 3 && outcome.errors.contains(words), "\(outcome.errors)")
            #expect(outcome.errors.split(separator: "\n").count == 1)
        }
    }

    private static let target = "--target http://127.0.0.1:9/v1"

    @Test(
        "exits with 2 and one sentence that names the wrong argument",
        arguments: [
            ("conform", "--target and --key"), ("conform \(target)", "--key"), ("conform --key k", "--target"),
            ("conform --target ftp://a --key k", "--target"), ("conform \(target) --key", "--key"),
            ("conform \(target) --key=", "--key"), ("conform \(target) --key k --format anthropic", "--format"),
            ("conform \(target) --key k --model", "--model"), ("conform \(target) --key k --nonsense 1", "--nonsense"),
            ("conform \(target) --key k --port 65536", "--port"), ("conform \(target) --key k --seed x", "--seed"),
            ("conform \(target) --key k --threads 0", "--threads"), ("conform \(target) --key k more", "'more'"),
            ("conform \(target) --key k --no-journal", "--no-journal"),
            ("conform \(target) --key k --port 0 --report nowhere/report.json", "--report"),
            ("conform \(target) --key k --port 0 --journal nowhere/journal", "journal file 'nowhere/journal'"),
            ("conform \(target) --key k --port 0 --host nobody", "--host"),
            ("conform \(target) --key k --port 0 --only nothing-of-the-kind", "--only"),
            ("conform \(target) --key k --port 0 --expect nowhere", "--expect"),
            ("conform \(target) --key k --port 0 --junit nowhere/report.xml", "--junit"),
            ("\(target) --key k", "--target"),
        ])
    func refuses(arguments: String, named: String) {
        let outcome = run(arguments)
        #expect(outcome.status == 2 && outcome.output.isEmpty)
        #expect(outcome.errors.hasPrefix("MockProviders: ") && outcome.errors.contains(named), "\(outcome.errors)")
        #expect(outcome.errors.split(separator: "\n").count == 1)
    }

    @Test("exits with 2 if another program listens on its port")
    func takenPort() async throws {
        let mock = try MockServer()
        let port = try mock.start()
        let outcome = run("conform \(Self.target) --key k --port \(port)")
        #expect(outcome.status == 2 && outcome.errors.contains("--port \(port)"), "\(outcome.errors)")
        await mock.stop()
    }

    @Test("prints its flags and its exit status")
    func help() {
        let outcome = run("conform --help")
        let text = String(decoding: outcome.output, as: UTF8.self)
        #expect(outcome.status == 0 && outcome.errors.isEmpty)
        let flags = [
            "--target", "--key", "--model", "--reasoning-model", "--search-model", "--embedding-model", "--image-model",
            "--format", "--report", "--junit", "--only", "--expect",
        ]
        for word in flags + ["Exit status"] { #expect(text.contains(word)) }
        #expect(run("--version").output.starts(with: "MockProviders 1.".utf8))
    }
}
