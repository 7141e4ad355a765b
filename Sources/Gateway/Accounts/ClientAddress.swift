/// Finds the client's address behind trusted proxies.
package struct ClientAddress: Sendable {
    private let trusted: [Subnet]

    /// The meanings of the words in `TRUSTED_PROXIES`.
    package static let words: [String: [String]] = [
        "none": [], "loopback": ["127.0.0.0/8", "::1/128"],
        "private": ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"],
    ]

    /// Loopback and private networks, where reverse proxies usually are.
    package static let defaultTrusted = ["loopback", "private"].flatMap { words[$0] ?? [] }

    package init(trusted: [Subnet]) { self.trusted = trusted }

    package func isTrusted(_ address: String) -> Bool { trusted.contains { $0.contains(address) } }

    /// The nearest address that is not a trusted proxy. Forwarded addresses count only if a trusted proxy added them.
    package func resolve(peer: String, forwardedFor: [String], realIP: String?) -> String {
        guard isTrusted(peer) else { return peer }
        let hops = forwardedFor.joined(separator: ",").split(separator: ",")
        if hops.isEmpty { return realIP.flatMap(Self.bare) ?? peer }
        var nearest = peer
        for hop in hops.reversed() {
            guard let address = Self.bare(hop) else { return nearest }
            nearest = address
            if !isTrusted(address) { return address }
        }
        return nearest
    }

    /// An address without its port and brackets: `1.2.3.4`, `1.2.3.4:5678`, `::1`, `[::1]`, `[::1]:80`.
    /// - Returns: `nil` for anything else.
    static func bare(_ text: some StringProtocol) -> String? {
        let trimmed = text.drop { $0 == " " || $0 == "\t" }.prefix { $0 != " " && $0 != "\t" }
        var address = String(trimmed)
        var port: Substring?
        if address.hasPrefix("[") {
            let parts = address.dropFirst().split(separator: "]", omittingEmptySubsequences: false)
            guard parts.count == 2, parts[0].contains(":"), parts[1].isEmpty || parts[1].hasPrefix(":") else {
                return nil
            }
            if !parts[1].isEmpty { port = parts[1].dropFirst() }
            address = String(parts[0])
        } else if address.contains("."), address.utf8.count(where: { $0 == UInt8(ascii: ":") }) == 1 {
            let parts = address.split(separator: ":", omittingEmptySubsequences: false)
            port = parts.last
            address = parts.first.map(String.init) ?? ""
        }
        if let port, UInt16(port) == nil || !port.utf8.allSatisfy({ (0x30...0x39).contains($0) }) { return nil }
        return Subnet.canonical(address)
    }
}
