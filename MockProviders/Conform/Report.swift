package import JSON

/// What came of all cases.
package struct Report: Sendable {
    package enum Outcome: Sendable, Equatable {
        case passed
        case lost(String)
        case billed(String)

        var word: String {
            switch self {
            case .passed: "passed"
            case .lost: "lost"
            case .billed: "billed wrongly"
            }
        }

        var detail: String {
            switch self {
            case .passed: ""
            case .lost(let what), .billed(let what): what
            }
        }
    }

    package private(set) var rows: [(name: String, outcome: Outcome)] = []
    private let target: Target

    init(target: Target) { self.target = target }

    mutating func add(_ name: String, _ outcome: Outcome) { rows.append((name, outcome)) }

    package var allPassed: Bool { rows.allSatisfy { $0.outcome == .passed } }

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
