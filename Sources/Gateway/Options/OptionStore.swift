package import Database
import EventLoop
import Synchronization

/// The options in force.
package final class OptionStore: Sendable {
    private let database: any Database
    private let current: Snapshot<OptionsSnapshot>
    private let log: Log?
    /// The problems that the log has named last.
    private let logged = Mutex(OptionProblems(unusable: [], ignored: [:]))

    /// Defaults, overridden by what the database holds.
    /// - Parameter log: gets a line where stored options do not count, and another only when those are others.
    package init(database: any Database, log: Log? = nil) async throws {
        let saved = try await database.read { try $0.options() }
        let (texts, unusable) = Self.merge(saved, over: Self.defaults, besides: Self.defaults)
        self.database = database
        self.log = log
        current = Snapshot(try OptionsSnapshot(texts: texts, unusable: unusable))
        report(snapshot.problems)
    }

    package var snapshot: OptionsSnapshot { current.value }
    /// Stored options that cannot be used, with the reason; the value before, or the built-in one, holds instead.
    package var unusable: [OptionError] { snapshot.problems.unusable }

    /// Checks, stores and applies one option; when this returns, no request sees the old value.
    /// - Returns: names in the value that do not count, while the rest of it does.
    @discardableResult
    package func set(_ key: String, _ value: String) async throws -> [String] {
        let texts = snapshot.texts
        let ignored =
            value.utf8.count > LoopSlice.bytes
            ? try await Blocking.run { try Self.validate(key, value, among: texts) }
            : try Self.validate(key, value, among: texts)
        try await current.change({ try await database.write { try $0.setOption(key, value) } }, reload: read)
        return ignored
    }

    /// An answered change is not in `snapshot`; see `catchUp`.
    package var isStale: Bool { current.isStale }

    /// - Returns: whether the snapshot has every change that was answered.
    package func catchUp() async -> Bool { await current.catchUp(read) }

    /// On the reader's thread, since the options may be large texts.
    private func read() async throws -> OptionsSnapshot {
        let made = try await database.read { [current] connection in
            let (saved, present) = (try connection.options(), current.value.texts)
            let (texts, unusable) = Self.merge(saved, over: Self.defaults, besides: present)
            return try OptionsSnapshot(texts: texts, unusable: unusable)
        }
        report(made.problems)
        return made
    }

    private func report(_ problems: OptionProblems) {
        let before = logged.withLock { logged in
            defer { logged = problems }
            return logged
        }
        for problem in problems.unusable where !before.unusable.contains(problem) {
            log?.write(
                .error, "a stored option cannot be used; the value before or the built-in one holds",
                ["reason": problem.message])
        }
        guard !problems.ignored.isEmpty, problems.ignored != before.ignored else { return }
        log?.write(
            .error, "some entries of stored options do not count; the rest of them does",
            ["names": problems.ignoredNames])
    }

    /// - Parameter present: what holds where a stored value cannot be used. one-api stores a broken value before it
    ///   finds it broken; it must not keep the gateway from starting.
    private static func merge(
        _ saved: [(key: String, value: String)], over defaults: [String: String], besides present: [String: String]
    ) -> (texts: [String: String], unusable: [OptionError]) {
        var texts = defaults
        var unusable: [OptionError] = []
        for (key, value) in saved {
            do throws(OptionError) {
                if prices.contains(key) || key == "QuotaPerUnit" { try validate(key, value, among: texts) }
                texts[key] = value
            } catch {
                texts[key] = present[key]
                unusable.append(error)
            }
        }
        return (texts, unusable)
    }

    /// Texts to show an administrator: no secret among them.
    package var listed: [(key: String, value: String)] {
        snapshot.texts.filter {
            !$0.key.hasSuffix("Token") && !$0.key.hasSuffix("Secret") && $0.key != "TurnstileSecretKey"
        }
        .sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }
}
