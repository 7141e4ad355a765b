import Glibc
import HTTP
import MockKit

switch Arguments.parse(Array(CommandLine.arguments.dropFirst())) {
case .failure(let problem):
    complain("MockProviders: \(problem.message)\n")
    exit(2)
case .success(let arguments):
    switch arguments.action {
    case .help: print(Arguments.help)
    case .version: print("MockProviders \(MockServer.version)")
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

/// The reason why the mock did not start, with the flag that caused it.
func explanation(of error: any Error) -> String {
    switch error as? ListenError {
    case .badHost(let host): "--host must be a numeric address of this machine, not '\(host)'"
    case .portInUse(let port): "--port \(port) is in use"
    case .failed(let reason): "cannot listen: \(reason)"
    case nil: "cannot start: \(error)"
    }
}

/// Writes one line to standard error.
func complain(_ line: String) {
    let bytes = Array(line.utf8)
    _ = write(STDERR_FILENO, bytes, bytes.count)
}

/// Writes one line to standard error and exits.
func fail(_ message: String, status: Int32 = 2) -> Never {
    complain("MockProviders: \(message)\n")
    exit(status)
}
