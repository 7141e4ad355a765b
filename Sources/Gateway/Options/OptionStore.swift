package import Database
import EventLoop

/// The options in force.
package final class OptionStore: Sendable {
    private let database: any Database
    private let current: Snapshot<OptionsSnapshot>
    /// Stored options that cannot be used, with the reason; the built-in value holds instead.
    package let unusable: [OptionError]

    /// Defaults, overridden by what the database holds.
    package init(database: any Database) async throws {
        let saved = try await database.read { try $0.options() }
        let (texts, unusable) = Self.merge(saved, over: Self.defaults, besides: Self.defaults)
        self.database = database
        self.unusable = unusable
        current = Snapshot(try OptionsSnapshot(texts: texts))
    }

    package var snapshot: OptionsSnapshot { current.value }

    /// Checks, stores and applies one option; when this returns, no request sees the old value.
    package func set(_ key: String, _ value: String) async throws {
        let texts = snapshot.texts
        if value.utf8.count > LoopSlice.bytes {
            try await Blocking.run { try Self.validate(key, value, among: texts) }
        } else {
            try Self.validate(key, value, among: texts)
        }
        try await current.change({ try await database.write { try $0.setOption(key, value) } }, reload: read)
    }

    /// An answered change is not in `snapshot`; see `catchUp`.
    package var isStale: Bool { current.isStale }

    /// - Returns: whether the snapshot has every change that was answered.
    package func catchUp() async -> Bool { await current.catchUp(read) }

    /// On the reader's thread, since the options may be large texts.
    private func read() async throws -> OptionsSnapshot {
        try await database.read { [current] connection in
            let (saved, present) = (try connection.options(), current.value.texts)
            return try OptionsSnapshot(texts: Self.merge(saved, over: Self.defaults, besides: present).texts)
        }
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
