/// What of the stored options does not count, while everything else does.
package struct OptionProblems: Sendable, Equatable {
    /// Whole options that cannot be used; the value before, or the built-in one, holds instead.
    package let unusable: [OptionError]
    /// By option, the names in it whose values cannot be used.
    package let ignored: [String: [String]]

    package var isEmpty: Bool { unusable.isEmpty && ignored.isEmpty }

    /// `ModelRatio: a, b; GroupRatio: c`
    package var ignoredNames: String {
        ignored.sorted { $0.key < $1.key }.map { "\($0.key): \(BoundedList.text($0.value))" }.joined(separator: "; ")
    }

    /// For people who read or save the options; `nil` where all of them count.
    package var notice: String? {
        var sentences = unusable.map(\.message)
        if !ignored.isEmpty { sentences.append(Self.notice(ignoredNames)) }
        return sentences.isEmpty ? nil : sentences.joined(separator: " ")
    }

    /// - Parameter names: that do not count.
    package static func notice(_ names: String) -> String {
        "以下名称的值无效，已忽略 / these names do not count, since their values are not numbers from 0 to a billion: \(names)"
    }
}
