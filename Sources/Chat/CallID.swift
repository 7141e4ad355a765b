/// Ids of tool calls as OpenAI takes them: 40 characters at most, however long the id is that a provider gave or that is
/// made up.
package enum CallID {
    package static let most = 40

    /// - Returns: the same text for the same id, so that a result still names its call.
    package static func bounded(_ id: String) -> String {
        guard id.utf8.count > most else { return id }
        // FNV-1a, so that ids with one beginning stay apart.
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in id.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        let digits = String(hash, radix: 16)
        let start = id.utf8.lazy.filter(isPlain).prefix(most - 17)
        let zeros = String(repeating: "0", count: 16 - digits.utf8.count)
        return String(decoding: start, as: UTF8.self) + "_" + zeros + digits
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x2d, 0x5f: true
        default: false
        }
    }
}
