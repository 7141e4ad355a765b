import Database
import EventLoop
import Foundation
import Gateway
import HTTP

/// Creates the parts of the program, handles signals, and sets the exit status.
enum Program {
    /// Prints one line that says what is wrong and exits with status 2.
    static func fail(_ message: String) -> Never {
        FileHandle.standardError.write(Data("one-api: \(message)\n".utf8))
        exit(2)
    }

    /// Copies the database to a new file; the gateway may be running.
    static func backUp(_ configuration: Configuration, to file: String) {
        do throws(BackupError) {
            let backup = try Backup(
                of: configuration.databasePath, to: file, busyTimeout: configuration.busyTimeout)
            print(
                "copied \(configuration.databasePath) to \(file): \(backup.size) bytes, with "
                    + "\(backup.records) records that only its journal had")
        } catch { fail("no backup was made: \(error)") }
    }

    /// Serves until SIGTERM or SIGINT, then drains; SIGHUP reopens the log file.
    static func run(_ configuration: Configuration) {
        let transport = CurlTransport()
        let log = Log(
            directory: logDirectory(configuration), isOneFile: configuration.isOneLogFile,
            showsDebug: configuration.isDebug)
        if let problem = log.problem { fail("cannot start: \(problem)") }
        let configuration = checked(configuration, log)
        let loops = EventLoopGroup(count: configuration.eventLoops ?? ProcessInfo.processInfo.activeProcessorCount)
        start(loops, log)
        let (begun, finished) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
        Task {
            begun.signal()
            do {
                let database = try SQLiteDatabase(
                    path: configuration.databasePath, busyTimeout: configuration.busyTimeout)
                let gateway = try await GatewayServer(
                    configuration: configuration, database: database, transport: transport, log: log, loops: loops)
                announce(gateway, configuration, log)
                try await Signals.firstToEnd(log)
                log.write(.info, "shutting down: running answers are finished first")
                await gateway.shutDown()
                database.close()
                log.write(.info, "goodbye")
            } catch {
                log.close()
                fail(describe(error, configuration))
            }
            finished.signal()
        }
        // If the system gives Swift no thread for its tasks, the task above never runs, and no error is reported.
        if begun.wait(timeout: .now() + .seconds(20)) == .timedOut {
            fail(StartError.noThread(name: "tasks", reason: "none came in 20 seconds"), log)
        }
        finished.wait()
        loops.stop()
        log.close()
    }

    private static func start(_ loops: EventLoopGroup, _ log: Log) {
        do throws(StartError) {
            try loops.start()
            // Swift starts its own threads next, and waits for ever if the system refuses the first. So try one here.
            try startThread(named: "tasks") {}.join()
        } catch { fail(error, log) }
    }

    private static func fail(_ error: StartError, _ log: Log) -> Never {
        log.close()
        fail("cannot start: \(error)")
    }

    /// Replaces the example secret of one-api's compose file, which everybody knows.
    private static func checked(_ configuration: Configuration, _ log: Log) -> Configuration {
        var configuration = configuration
        if configuration.sessionSecret?.exposed == "random_string" {
            log.write(
                .error, "SESSION_SECRET is the example value random_string, which everybody knows; a random one is used"
            )
            configuration.sessionSecret = nil
        }
        return configuration
    }

    private static func logDirectory(_ configuration: Configuration) -> String? {
        guard let directory = configuration.logDirectory else { return nil }
        do {
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        } catch {
            fail("cannot create the log directory \(directory): \(error.localizedDescription)")
        }
        return directory
    }

    private static func announce(_ gateway: GatewayServer, _ configuration: Configuration, _ log: Log) {
        for name in configuration.notYetServed {
            log.write(.warning, "a variable is set that this version does not serve yet", ["variable": name])
        }
        for name in configuration.notNeeded {
            log.write(.info, "a variable is set that has no effect in this version", ["variable": name])
        }
        let urls = ListeningAddress.urls(host: gateway.host, port: gateway.port)
        let (address, others) = (urls.first ?? "", urls.dropFirst().joined(separator: ","))
        if others.isEmpty {
            log.write(.info, "One API is ready", ["version": Configuration.version, "address": address])
        } else {
            log.write(
                .info, "One API is ready", ["version": Configuration.version, "address": address, "also": others])
        }
    }

    private static func describe(_ error: any Error, _ configuration: Configuration) -> String {
        switch error {
        case DatabaseError.cannotOpen(let reason):
            "cannot open the database \(configuration.databasePath): \(reason)"
        case DatabaseError.newerVersion(let found, let known):
            "the database \(configuration.databasePath) is of a newer version (\(found)) than this program knows (\(known))"
        case DatabaseError.full, JournalError.diskFull: "the disk is full"
        case DatabaseError.inUse, JournalError.inUse:
            "the database \(configuration.databasePath) is in use by another one-api process"
        case JournalError.cannotOpen(let reason):
            "cannot open the journal \(configuration.databasePath)-oneapi-journal: \(reason)"
        case ListenError.portInUse(let port): "port \(port) is in use by another program"
        case ListenError.badHost(let host): "HOST '\(host)' is not a numeric address of this machine"
        case ListenError.failed(let reason): "cannot listen: \(reason)"
        case let error as OptionError: "a stored option cannot be used: \(error.message)"
        default: "cannot start: \(error)"
        }
    }
}
