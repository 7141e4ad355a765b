import Conform
import TestKit

/// The table of features × providers in `Sources/Providers/README.md`.
struct FeatureMatrix: Equatable {
    private(set) var features: [String] = []
    private(set) var columns: [(provider: String, outcomes: [String])] = []

    /// The table that the README has.
    static let published = FeatureMatrix(markdown: String(decoding: Fixture.source(path), as: UTF8.self))
    static let path = "Sources/Providers/README.md"

    init() {}

    mutating func add(_ provider: String, _ report: Report) {
        features = report.rows.map(\.name)
        columns.append((provider, report.rows.map { Self.word($0.outcome) }))
    }

    func outcome(_ feature: String, _ provider: String) -> String? {
        guard let row = features.firstIndex(of: feature),
            let column = columns.first(where: { $0.provider == provider }), row < column.outcomes.count
        else { return nil }
        return column.outcomes[row]
    }

    private static func word(_ outcome: Report.Outcome) -> String {
        switch outcome {
        case .passed, .dialect: "yes"
        case .absent: "–"
        default: outcome.word
        }
    }

    static func == (left: FeatureMatrix, right: FeatureMatrix) -> Bool {
        left.features == right.features && left.columns.elementsEqual(right.columns) { $0 == $1 }
    }

    // MARK: Markdown

    /// Reads the first table of a page.
    init(markdown: String) {
        let rows = markdown.split(separator: "\n").filter { $0.hasPrefix("|") }.map { line in
            line.split(separator: "|").map { $0.trimmed }
        }
        guard let head = rows.first, rows.count > 2 else { return }
        features = rows.dropFirst(2).compactMap(\.first)
        columns = head.indices.dropFirst().map { index in
            (head[index], rows.dropFirst(2).map { index < $0.count ? $0[index] : "" })
        }
    }

    var markdown: String {
        var lines = ["| | " + columns.map(\.provider).joined(separator: " | ") + " |"]
        lines.append("| --- |" + columns.map { _ in " --- |" }.joined())
        for (row, feature) in features.enumerated() {
            lines.append("| \(feature) | " + columns.map { $0.outcomes[row] }.joined(separator: " | ") + " |")
        }
        return lines.joined(separator: "\n")
    }
}

extension Substring {
    fileprivate var trimmed: String {
        let start = firstIndex { $0 != " " } ?? endIndex
        let end = lastIndex { $0 != " " }.map { index(after: $0) } ?? endIndex
        return start < end ? String(self[start..<end]) : ""
    }
}
