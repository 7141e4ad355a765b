/// Counts and encodes text exactly as tiktoken's `encode_ordinary`, which treats special tokens as ordinary text.
package struct Tokenizer: Sendable {
    private let encoding: Encoding
    private let vocabulary: Vocabulary

    package init(_ encoding: Encoding) {
        self.encoding = encoding
        vocabulary = encoding == .cl100k ? .cl100k : .o200k
    }

    /// Number of tokens of a UTF-8 text.
    /// - Parameter limit: counting may stop above this number; the result is then any number above it.
    package func count(_ text: UnsafeRawBufferPointer, upTo limit: Int = .max) -> Int {
        var total = 0
        var merger = PairMerger(vocabulary: vocabulary)
        forEachPiece(text) { start, length in
            total += vocabulary.rank(start, length) != Vocabulary.none ? 1 : merger.count(start, length)
            return total <= limit
        }
        return total
    }

    package func count(_ text: [UInt8]) -> Int { text.withUnsafeBytes { count($0) } }

    package func count(_ text: String) -> Int {
        var text = text
        return text.withUTF8 { count(UnsafeRawBufferPointer($0)) }
    }

    package func encode(_ text: String) -> [Int] {
        var tokens: [Int] = []
        var merger = PairMerger(vocabulary: vocabulary)
        var text = text
        text.withUTF8 { bytes in
            forEachPiece(UnsafeRawBufferPointer(bytes)) { start, length in
                let rank = vocabulary.rank(start, length)
                if rank != Vocabulary.none {
                    tokens.append(Int(rank))
                } else {
                    merger.encode(start, length, into: &tokens)
                }
                return true
            }
        }
        return tokens
    }

    /// The bytes of tokens. Unknown tokens add no bytes.
    package func decode(_ tokens: [Int]) -> [UInt8] { tokens.flatMap { vocabulary.token($0) } }

    /// - Parameter visit: returns whether to continue.
    @inline(__always)
    private func forEachPiece(_ text: UnsafeRawBufferPointer, _ visit: (UnsafePointer<UInt8>, Int) -> Bool) {
        guard let base = text.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return }
        let scanner = Scanner(bytes: base, count: text.count)
        var start = 0
        while start < text.count {
            let end = encoding == .cl100k ? scanner.cl100k(start) : scanner.o200k(start)
            guard visit(base + start, end - start) else { return }
            start = end
        }
    }
}
