package import Database
import EventLoop
import Synchronization

/// The options in force.
package final class OptionStore: Sendable {
    private let database: any Database
    private let current: Snapshot<OptionsSnapshot>
    private let log: Log?
    /// The problems that were logged last.
    private let logged = Mutex(OptionProblems(unusable: [], ignored: [:]))

    /// Takes the defaults and overrides them with the options in the database.
    /// - Parameter log: gets a line for stored options that are ignored, and another whenever these change.
    package init(database: any Database, log: Log? = nil) async throws {
        let saved = try await database.read { try $0.options() }
        let (texts, unusable) = Self.merge(saved, over: Self.defaults, besides: Self.defaults)
        self.database = database
        self.log = log
        current = Snapshot(try OptionsSnapshot(texts: texts, unusable: unusable))
        report(snapshot.problems)
    }

    package var snapshot: OptionsSnapshot { current.value }
    /// Stored options that cannot be used, with the reason. The previous value stays in force, or else the built-in
    /// one.
    package var unusable: [OptionError] { snapshot.problems.unusable }

    /// Checks, stores and applies one option; when this returns, no request sees the old value.
    /// - Returns: the names in the value that are ignored; the rest of the value is in force.
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

    /// Whether a change that was reported as done is missing from `snapshot`; see `catchUp`.
    package var isStale: Bool { current.isStale }

    /// - Returns: whether the snapshot has every change that was reported as done.
    package func catchUp() async -> Bool { await current.catchUp(read) }

    /// Decodes on the database's reader thread, since the options may be large texts.
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

    /// - Parameter present: the values to keep where a stored value cannot be used. one-api stores a value before it
    ///   finds it broken; such a value must not keep the gateway from starting.
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

    /// The options to show an administrator, without secrets.
    package var listed: [(key: String, value: String)] {
        snapshot.texts.filter {
            !$0.key.hasSuffix("Token") && !$0.key.hasSuffix("Secret") && $0.key != "TurnstileSecretKey"
        }
        .sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }
}
