import Arithmetic
import JSON

// Tells whether a text or an answer is large, without looking at more of it than needed.

extension String {
    /// Whether the text has no more Unicode scalars than the limit. A scalar has at most four bytes in UTF-8, so a text
    /// that is much too long need not be counted.
    func hasAtMost(_ limit: Int) -> Bool { utf8.count / 4 <= limit && unicodeScalars.count <= limit }
}

extension JSON {
    /// Whether the value's text has about this many bytes or more. Stops looking once that is certain.
    func isHeavier(than bytes: Int) -> Bool {
        var left = bytes
        weigh(&left)
        return left < 0
    }

    private func weigh(_ left: inout Int) {
        left = left.minus(8)
        switch self {
        case .null, .bool, .number: break
        case .string(let text): left = left.minus(text.utf8.count)
        case .array(let items):
            for item in items {
                guard left >= 0 else { return }
                item.weigh(&left)
            }
        case .object(let object):
            for member in object.members {
                guard left >= 0 else { return }
                left = left.minus(member.key.utf8.count)
                member.value.weigh(&left)
            }
        }
    }
}
