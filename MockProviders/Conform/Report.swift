package import JSON
import MockKit

/// The results of all cases.
package struct Report: Sendable {
    package enum Outcome: Sendable, Equatable {
        case passed
        /// Passed, but in a well-known shape that is not OpenAI's.
        case dialect(String)
        case lost(String)
        case refused(String)
        case dropped(String)
        case absent(String)
        case billed(String)
        /// The case fails even without the target: the upstream itself cannot do it.
        case limit(String)

        init(_ verdict: Verdict) {
            self =
                switch verdict {
                case .lost(let what): .lost(what)
                case .refused(let what): .refused(what)
                case .dropped(let what): .dropped(what)
                case .absent(let what): .absent(what)
                case .billed(let what): .billed(what)
                case .dialect(let what): .dialect(what)
                case .resting(let reply): .lost("status \(reply.status): \(reply.text.shortened())")
                }
        }

        package var word: String {
            switch self {
            case .passed: "passed"
            case .dialect: "passed in a dialect"
            case .refused: "refused"
            case .dropped: "dropped"
            case .absent: "not offered"
            case .lost: "lost"
            case .billed: "billed wrongly"
            case .limit: "provider's limit"
            }
        }

        package var isFailure: Bool {
            switch self {
            case .passed, .dialect, .refused, .dropped, .absent, .limit: false
            case .lost, .billed: true
            }
        }

        package var isPass: Bool {
            switch self {
            case .passed, .dialect: true
            default: false
            }
        }

        package var detail: String {
            switch self {
            case .passed: ""
            case .dialect(let what), .lost(let what), .refused(let what), .dropped(let what), .absent(let what),
                .billed(let what), .limit(let what):
                what
            }
        }
    }

    /// The result of one case.
    package struct Row: Sendable {
        package let name: String
        package let outcome: Outcome
        package let duration: Duration
        /// Whether the case is listed as known to fail.
        package let isExpected: Bool
        let exchanges: [Exchange]

        /// A failure that is not listed as known.
        package var isNewFailure: Bool { outcome.isFailure && !isExpected }

        /// The result on one line, with the names in a column of their own.
        package var line: String {
            let width = Case.all.map(\.name.count).max() ?? 0
            let space = String(repeating: " ", count: max(0, width - name.count))
            let known = isExpected && outcome.isFailure ? " (known)" : ""
            let detail = outcome.detail.isEmpty ? "" : ": " + outcome.detail.shortened(to: 480)
            return "\(name)\(space)  \(outcome.word)\(known)\(detail)"
        }
    }

    package private(set) var rows: [Row] = []
    private let target: Target
    /// The target's name and version, if it sends them in a header.
    var targetVersion: String?

    init(target: Target) { self.target = target }

    mutating func add(_ row: Row) { rows.append(row) }

    /// Nothing was lost or billed wrongly. Neither an honest refusal nor the loss of a value that may be dropped
    /// counts.
    package var allPassed: Bool { !rows.contains { $0.outcome.isFailure } }

    /// Nothing was lost or billed wrongly, except in the cases known to fail.
    package var isAsExpected: Bool { !rows.contains(where: \.isNewFailure) }

    /// The totals in one line, then the cases that were expected to fail and did not.
    package var summary: String {
        let passed = rows.count { $0.outcome.isPass }
        var lines = ["\(passed) of \(rows.count) passed: \(target.baseURL), model \(target.model)"]
        let others = ["refused", "dropped", "not offered", "provider's limit", "lost", "billed wrongly"].compactMap {
            word in
            let count = rows.count { $0.outcome.word == word }
            return count > 0 ? "\(count) \(word)" : nil
        }
        if !others.isEmpty { lines.append("of the others: " + others.joined(separator: ", ")) }
        let mended = rows.filter { $0.isExpected && !$0.outcome.isFailure }.map(\.name)
        if !mended.isEmpty { lines.append("known as failing, and they do not fail: " + mended.joined(separator: "; ")) }
        return lines.joined(separator: "\n")
    }

    /// One line for each case, then the summary.
    package var table: String { (rows.map(\.line) + [summary]).joined(separator: "\n") }

    package var json: JSON {
        [
            "target": .string(target.baseURL), "model": .string(target.model), "all_passed": .bool(allPassed),
            "versions": [
                "MockProviders": .string(MockServer.version), "target": targetVersion.map(JSON.string) ?? .null,
            ],
            "cases": .array(rows.map(\.json)),
        ]
    }
}

extension Report.Row {
    /// The duration in seconds.
    var seconds: Double { duration / .seconds(1) }

    fileprivate var json: JSON {
        [
            "name": .string(name), "outcome": .string(outcome.word), "detail": .string(outcome.detail),
            "known": .bool(isExpected), "seconds": .double((seconds * 1000).rounded() / 1000),
            "exchanges": .array(exchanges.map(\.json)),
        ]
    }
}
