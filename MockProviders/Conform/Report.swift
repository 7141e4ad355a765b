package import JSON

/// What came of all cases.
package struct Report: Sendable {
    package enum Outcome: Sendable, Equatable {
        case passed
        case lost(String)
        case refused(String)
        case dropped(String)
        case absent(String)
        case billed(String)

        package var word: String {
            switch self {
            case .passed: "passed"
            case .refused: "refused"
            case .dropped: "dropped"
            case .absent: "not offered"
            case .lost: "lost"
            case .billed: "billed wrongly"
            }
        }

        package var isFailure: Bool {
            switch self {
            case .passed, .refused, .dropped, .absent: false
            case .lost, .billed: true
            }
        }

        var detail: String {
            switch self {
            case .passed: ""
            case .lost(let what), .refused(let what), .dropped(let what), .absent(let what), .billed(let what):
                what
            }
        }
    }

    package private(set) var rows: [(name: String, outcome: Outcome)] = []
    private let target: Target

    init(target: Target) { self.target = target }

    mutating func add(_ name: String, _ outcome: Outcome) { rows.append((name, outcome)) }

    /// Nothing was lost or billed wrongly; what the target refused by name is not lost, nor a value that may be dropped.
    package var allPassed: Bool {
        !rows.contains { $0.outcome.isFailure }
    }

    /// A line a case, and the sum.
    package var table: String {
        let width = rows.map(\.name.count).max() ?? 0
        var lines = rows.map { row in
            let name = row.name + String(repeating: " ", count: width - row.name.count)
            return "\(name)  \(row.outcome.word)\(row.outcome.detail.isEmpty ? "" : ": " + row.outcome.detail)"
        }
        let passed = rows.count { $0.outcome == .passed }
        lines.append("\(passed) of \(rows.count) passed: \(target.baseURL), model \(target.model)")
        return lines.joined(separator: "\n")
    }

    package var json: JSON {
        [
            "target": .string(target.baseURL), "model": .string(target.model), "all_passed": .bool(allPassed),
            "cases": .array(
                rows.map {
                    [
                        "name": .string($0.name), "outcome": .string($0.outcome.word),
                        "detail": .string($0.outcome.detail),
                    ]
                }),
        ]
    }
}
