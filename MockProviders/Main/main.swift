import Conform
import EventLoop
import Glibc
import HTTP
import JSON
import MockKit

switch Arguments.parse(Array(CommandLine.arguments.dropFirst())) {
case .failure(let problem):
    complain("MockProviders: \(problem.message)\n")
    exit(2)
case .success(let arguments):
    switch arguments.action {
    case .help: print(Arguments.help)
    case .version: print("MockProviders 1.0.0")
    case .serve: await serve(arguments.configuration)
    case .conform: await conform(arguments)
    }
}

/// Runs until SIGTERM or SIGINT.
func serve(_ configuration: MockConfiguration) async {
    var signals = sigset_t()
    sigemptyset(&signals)
    sigaddset(&signals, SIGTERM)
    sigaddset(&signals, SIGINT)
    // The signals are blocked before any thread starts, so that only `sigwait` receives them.
    pthread_sigmask(SIG_BLOCK, &signals, nil)
    signal(SIGPIPE, SIG_IGN)
    do {
        let server = try MockServer(configuration: configuration)
        let port = try server.start()
        print("MockProviders listens at http://\(configuration.host):\(port)")
        fflush(nil)
        var received: Int32 = 0
        sigwait(&signals, &received)
        await server.drain(limit: .seconds(5))
    } catch {
        complain("MockProviders: \(explanation(of: error))\n")
        exit(2)
    }
}

/// Judges a gateway and exits.
func conform(_ arguments: Arguments) async -> Never {
    signal(SIGPIPE, SIG_IGN)
    // The file is tried first, because the cases take a while.
    if let path = arguments.reportPath, !write([], to: path) {
        complain("MockProviders: --report cannot be written to '\(path)'\n")
        exit(2)
    }
    // libcurl's global state has to be set up before any thread starts.
    let transport = CurlTransport()
    let loops = EventLoopGroup(count: 1)
    do {
        let mock = try MockServer(configuration: arguments.configuration)
        let port = try mock.start()
        let address = "http://\(arguments.configuration.host):\(port)"
        print("the mock listens at \(address)")
        try loops.start()
        let judge = Judge(target: arguments.target, mock: mock, address: address, transport: transport)
        let report = await withCheckedContinuation { continuation in
            loops.next().spawn { continuation.resume(returning: await judge.run()) }
        }
        print(report.table)
        if let path = arguments.reportPath, !write(report.json.encodedPretty(), to: path) {
            complain("MockProviders: --report cannot be written to '\(path)'\n")
            exit(2)
        }
        await mock.stop()
        loops.stop()
        exit(report.allPassed ? 0 : 1)
    } catch {
        complain("MockProviders: \(explanation(of: error))\n")
        exit(2)
    }
}

/// The reason why the mock did not start, with the flag that caused it.
func explanation(of error: any Error) -> String {
    switch error as? ListenError {
    case .badHost(let host): "--host must be a numeric address of this machine, not '\(host)'"
    case .portInUse(let port): "--port \(port) is in use"
    case .failed(let reason): "cannot listen: \(reason)"
    case nil: "cannot start: \(error)"
    }
}

func write(_ bytes: [UInt8], to path: String) -> Bool {
    guard let file = fopen(path, "wb") else { return false }
    defer { fclose(file) }
    return fwrite(bytes, 1, bytes.count, file) == bytes.count
}

/// Writes one line to standard error.
func complain(_ line: String) {
    let bytes = Array(line.utf8)
    _ = write(STDERR_FILENO, bytes, bytes.count)
}
