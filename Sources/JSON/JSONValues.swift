/// Estimates the cost of a document before it is read.
package enum JSONValues {
    /// Whether a document may have more values than a limit. Their number decides the memory: up to forty bytes for two
    /// bytes of text. It counts commas and opening brackets and braces outside strings.
    package static func exceed(_ limit: Int, in bytes: UnsafeRawBufferPointer) -> Bool {
        var count = 0
        var index = 0
        while index < bytes.count {
            switch bytes[index] {
            case 0x22:
                index = JSONSpans.stringEnd(in: bytes, from: index)
                continue
            case 0x2c, 0x5b, 0x7b:
                count += 1
                if count > limit { return true }
            default: break
            }
            index += 1
        }
        return false
    }
}
