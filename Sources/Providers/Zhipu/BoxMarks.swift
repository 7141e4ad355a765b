/// Takes the marks out of a text with which GLM's models box an answer (spec/wire/zhipu.md §3): a client would show them as
/// they are. The text comes in pieces, and a mark may be split between them.
struct BoxMarks {
    private static let marks = ["<|begin_of_box|>", "<|end_of_box|>"].map { Array($0.utf8) }
    /// What every mark begins with.
    private static let first: UInt8 = 0x3c

    /// The end of the text so far that may become a mark; text after all if nothing follows.
    private(set) var kept = ""

    /// - Returns: what the piece, with what was kept before it, certainly has of text.
    mutating func strip(_ piece: String) -> String {
        guard !kept.isEmpty || piece.utf8.contains(Self.first) else { return piece }
        let text = Array((kept + piece).utf8)
        kept = ""
        var rest = text[...]
        var plain: [UInt8] = []
        while let start = rest.firstIndex(of: Self.first) {
            plain += rest[..<start]
            rest = rest[start...]
            if let mark = Self.marks.first(where: { rest.starts(with: $0) }) {
                rest = rest.dropFirst(mark.count)
            } else if Self.marks.contains(where: { $0.starts(with: rest) }) {
                kept = String(decoding: rest, as: UTF8.self)
                rest = []
            } else {
                plain.append(Self.first)
                rest = rest.dropFirst()
            }
        }
        return String(decoding: plain + rest, as: UTF8.self)
    }
}
