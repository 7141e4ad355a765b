/// Base addresses that repeat what is added to them.
package enum BaseAddress {
    /// The base without its end that the path begins with: `https://x/v1` and `/v1/chat/completions` give `https://x`.
    /// - Parameter path: what the channel's provider adds.
    /// - Returns: `nil` where nothing would stand there twice.
    package static func withoutRepetition(_ base: String, of path: String) -> String? {
        var part = path[...]
        while let slash = part.lastIndex(of: "/") {
            if base.hasSuffix(part) {
                let rest = base.dropLast(part.count)
                // Two slashes would belong to the scheme, and what follows to the host.
                if !rest.hasSuffix("/") { return String(rest) }
            }
            part = part[..<slash]
        }
        return nil
    }
}
