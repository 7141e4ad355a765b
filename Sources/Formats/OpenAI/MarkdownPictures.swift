import Glibc

/// Pictures that stand in a text as Markdown with a data address, which is how some gateways (this one too, by an option
/// of the channel) give what a model made.
enum MarkdownPictures {
    enum Piece {
        case text(UnsafeRawBufferPointer)
        case picture(address: UnsafeRawBufferPointer)
    }

    private static let start = Array("](data:image/".utf8)
    /// Bytes of the words for a picture; what has more is no picture.
    private static let longestWords = 256

    /// Visits the pieces of a text in their order; a text without pictures is one piece.
    static func forEach(in text: UnsafeRawBufferPointer, _ visit: (Piece) -> Void) {
        var (done, searched) = (0, 0)
        while let found = find(start, in: text, from: searched) {
            searched = found + start.count
            guard let opening = beginning(of: found, in: text, from: done) else { continue }
            // Without a closing bracket behind this one there is none behind any later one.
            guard let end = text[searched...].firstIndex(of: 0x29) else { break }
            // A title may stand behind the address.
            let address = text[(found + 2)..<end].prefix { $0 != 0x22 }
            if done < opening { visit(.text(UnsafeRawBufferPointer(rebasing: text[done..<opening]))) }
            visit(.picture(address: UnsafeRawBufferPointer(rebasing: address)))
            (done, searched) = (end + 1, end + 1)
        }
        if done < text.count || text.isEmpty {
            visit(.text(UnsafeRawBufferPointer(rebasing: text[done...])))
        }
    }

    /// Where `![` is that belongs to a bracket.
    private static func beginning(of bracket: Int, in text: UnsafeRawBufferPointer, from start: Int) -> Int? {
        var place = bracket
        while place > start, bracket - place < longestWords {
            place -= 1
            if text[place] == 0x0a { return nil }
            if text[place] == 0x5b { return place > start && text[place - 1] == 0x21 ? place - 1 : nil }
        }
        return nil
    }

    private static func find(_ words: [UInt8], in text: UnsafeRawBufferPointer, from start: Int) -> Int? {
        var place = start
        while place < text.count, let base = text.baseAddress {
            guard let bracket = memchr(base + place, 0x5d, text.count - place) else { return nil }
            place = UnsafeRawPointer(bracket) - base
            if text[place...].starts(with: words) { return place }
            place += 1
        }
        return nil
    }
}
