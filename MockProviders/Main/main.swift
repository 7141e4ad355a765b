import Glibc
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
    }
}

/// Runs until SIGTERM or SIGINT.
func serve(_ configuration: MockConfiguration) async {
    var signals = sigset_t()
    sigemptyset(&signals)
    sigaddset(&signals, SIGTERM)
    sigaddset(&signals, SIGINT)
    // Blocked before any thread starts, so that only sigwait sees them.
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
        complain("MockProviders: cannot start: \(error)\n")
        exit(2)
    }
}

/// One line to standard error.
func complain(_ line: String) {
    let bytes = Array(line.utf8)
    _ = write(STDERR_FILENO, bytes, bytes.count)
}
