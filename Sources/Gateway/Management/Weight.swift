import Arithmetic
import JSON

// How much work a text or an answer is, found out without doing it.

extension String {
    /// Whether it has no more Unicode scalars than the limit. Each has four bytes at most, so that what is much too long
    /// need not be counted.
    func hasAtMost(_ limit: Int) -> Bool { utf8.count / 4 <= limit && unicodeScalars.count <= limit }
}

extension JSON {
    /// Whether its text has about so many bytes or more; looks at no more of it than that.
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
