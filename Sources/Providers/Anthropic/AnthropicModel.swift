/// What a model's name tells of what it takes (spec/wire/anthropic.md §§5, 6). Names are `claude-FAMILY-MAJOR-MINOR…`, older
/// ones `claude-MAJOR-MINOR-FAMILY…`.
struct AnthropicModel {
    private let version: (major: Int, minor: Int)

    init(_ name: String) {
        var numbers: (major: Int?, minor: Int?)
        var (value, length, isNumber) = (0, 0, true)
        func end() {
            // Dates have eight digits and are no versions.
            guard isNumber, (1...2).contains(length), numbers.minor == nil else { return }
            if numbers.major == nil { numbers.major = value } else { numbers.minor = value }
        }
        for byte in name.utf8 {
            switch byte {
            case 0x2d, 0x2e, 0x40:
                end()
                (value, length, isNumber) = (0, 0, true)
            case 0x30...0x39 where length < 2: (value, length) = (value * 10 + Int(byte - 0x30), length + 1)
            default: isNumber = false
            }
        }
        end()
        // A name without a number is a new family's or an operator's alias, most likely for a current model.
        version = (numbers.major ?? 5, numbers.minor ?? 0)
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
