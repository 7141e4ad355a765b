/// Which parts of the stored options are ignored; everything else is in force.
package struct OptionProblems: Sendable, Equatable {
    /// Whole options that cannot be used. The previous value stays in force, or else the built-in one.
    package let unusable: [OptionError]
    /// For each option, the names in it that are ignored since their values cannot be used.
    package let ignored: [String: [String]]

    package var isEmpty: Bool { unusable.isEmpty && ignored.isEmpty }

    /// For example `ModelRatio: a, b; GroupRatio: c`.
    package var ignoredNames: String {
        ignored.sorted { $0.key < $1.key }.map { "\($0.key): \(BoundedList.text($0.value))" }.joined(separator: "; ")
    }

    /// For people who read or save the options; `nil` if nothing is ignored.
    package var notice: String? {
        var sentences = unusable.map(\.message)
        if !ignored.isEmpty { sentences.append(Self.notice(ignoredNames)) }
        return sentences.isEmpty ? nil : sentences.joined(separator: " ")
    }

    /// - Parameter names: the names that are ignored.
    package static func notice(_ names: String) -> String {
        "以下名称的值无效，已忽略 / these names do not count, since their values are not numbers from 0 to a billion: \(names)"
    }
}
