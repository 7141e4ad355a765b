import EventLoop
import HTTP
import Synchronization

/// What a mock is started with.
package struct MockConfiguration: Sendable {
    /// The numeric address to listen at.
    package var host: String
    /// The port; 0 takes any free one.
    package var port: Int
    /// Fixes texts, ids and times; with `nil` each answer has new ids and times.
    package var seed: UInt64?
    /// How many requests are kept in memory; 0 keeps none, for benchmarks.
    package var journalEntries = 10_000
    /// The file to which each request is appended as a line of JSON.
    package var journalPath: String?
    /// How many single answers the ledger keeps; its sums are never dropped.
    package var ledgerEntries = 100_000
    /// The number of event loops; each has a thread.
    package var threads = 1

    package init(host: String = "127.0.0.1", port: Int = 0, seed: UInt64? = nil) {
        self.host = host
        self.port = port
        self.seed = seed
    }
}

/// The reason why a mock did not start. The text is meant for the operator.
package struct MockStartError: Error, CustomStringConvertible {
    package let description: String
}

/// The mock as a value for tests and for the executable: a server, its journal and its ledger.
package final class MockServer: Sendable {
    package static let version = "1.1.0"
    package let journal: Journal
    package let ledger: TokenLedger
    private let state: MockState
    private let loops: EventLoopGroup
    private let server: HTTPServer

    /// - Throws: `MockStartError` if the journal's file cannot be opened.
    package init(configuration: MockConfiguration = MockConfiguration()) throws {
        var file: JournalFile?
        if let path = configuration.journalPath {
            file = JournalFile(path: path)
            if file == nil { throw MockStartError(description: "cannot open the journal file '\(path)'") }
        }
        journal = Journal(capacity: configuration.journalEntries, file: file)
        ledger = TokenLedger(capacity: configuration.ledgerEntries)
        state = MockState(seed: configuration.seed, journal: journal, ledger: ledger)
        loops = EventLoopGroup(count: configuration.threads)
        let listening = ServerConfiguration(host: configuration.host, port: configuration.port)
        server = HTTPServer(configuration: listening, loops: loops, handler: MockHandler(state: state))
    }

    /// Starts to listen and to answer.
    /// - Returns: the bound port.
    /// - Throws: `ListenError`, `StartError`.
    package func start() throws -> Int {
        try loops.start()
        return try server.start()
    }

    /// Closes open connections and stops the loops.
    package func stop() async {
        await server.drain(limit: .milliseconds(100), patience: .init(telling: .zero, ending: .seconds(1)))
        loops.stop()
    }

    /// Waits for running answers for at most `limit`, then stops.
    package func drain(limit: Duration) async {
        await server.drain(limit: limit)
        loops.stop()
    }

    // MARK: The control API for tests in the same process

    package func add(_ fault: Fault, match: Match = Match(), count: Int = 1) {
        state.faults.add(fault, match: match, count: count)
    }

    package func add(_ script: Script, match: Match = Match(), count: Int = 1) {
        state.scripts.add(script, match: match, count: count)
    }

    /// Sets what is said where no queued script fits.
    package func setStanding(_ script: Script?) { state.standing.withLock { $0 = script } }

    package func setPace(_ pace: Pace) { state.pace.withLock { $0 = pace } }

    /// Clears the journal, the ledger, faults, scripts, the standing script, the pace and cached prompts.
    package func reset() { state.reset() }
}
