/// What a model's name tells of what it takes (spec/wire/anthropic.md §§5, 6). Names are `claude-FAMILY-MAJOR-MINOR…`, older
/// ones `claude-MAJOR-MINOR-FAMILY…`.
struct AnthropicModel {
    private let version: (major: Int, minor: Int)

    init(_ name: String) {
        // Dates have eight digits and are no versions.
        let numbers = name.utf8.split { [0x2d, 0x2e, 0x40].contains($0) }
            .filter { $0.count <= 2 }.compactMap { Int(Substring($0)) }
        // A name without a number is a new family's or an operator's alias, most likely for a current model.
        version = (numbers.first ?? 5, numbers.count > 1 ? numbers[1] : 0)
    }

    private func isAtLeast(_ major: Int, _ minor: Int) -> Bool {
        version.major > major || version.major == major && version.minor >= minor
    }

    /// Thinks as long as it sees fit, by `output_config.effort`; takes no budget.
    var thinksAdaptively: Bool { isAtLeast(4, 6) }
    var canThink: Bool { isAtLeast(3, 7) }
    /// Has `output_config.format`.
    var hasResponseFormat: Bool { isAtLeast(4, 5) }
    /// Refuses `temperature` and `top_p` together.
    var takesOneSampling: Bool { isAtLeast(4, 1) }
}
