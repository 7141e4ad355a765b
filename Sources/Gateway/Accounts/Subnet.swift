import Glibc

/// A network in CIDR notation, IPv4 or IPv6.
package struct Subnet: Sendable, Equatable {
    private let bytes: [UInt8]
    private let prefix: Int

    /// `nil` for anything that is not `address/length`.
    package init?(_ text: some StringProtocol) {
        let halves = text.split(separator: "/", omittingEmptySubsequences: false)
        guard halves.count == 2, let address = Self.address(String(halves[0])), let length = Int(halves[1]),
            length >= 0, length <= address.count * 8, halves[1].allSatisfy(\.isNumber)
        else { return nil }
        bytes = address
        prefix = length
    }

    package func contains(_ address: String) -> Bool {
        guard let other = Self.address(address), other.count == bytes.count else { return false }
        for bit in 0..<prefix {
            let mask = UInt8(0x80) >> UInt8(bit % 8)
            if bytes[bit / 8] & mask != other[bit / 8] & mask { return false }
        }
        return true
    }

    static func address(_ text: String) -> [UInt8]? {
        var v4 = in_addr()
        if inet_pton(AF_INET, text, &v4) == 1 { return withUnsafeBytes(of: &v4) { Array($0) } }
        var v6 = in6_addr()
        if inet_pton(AF_INET6, text, &v6) == 1 { return withUnsafeBytes(of: &v6) { Array($0) } }
        return nil
    }
}

/// Finds the client's address behind proxies that are trusted to name it.
package struct ClientAddress: Sendable {
    private let trusted: [Subnet]

    /// Loopback and private networks, where a reverse proxy usually stands.
    package static let defaultTrusted = [
        "127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "::1/128", "fc00::/7",
    ]

    package init(trusted: [Subnet]) { self.trusted = trusted }

    private func isTrusted(_ address: String) -> Bool { trusted.contains { $0.contains(address) } }

    /// The nearest address that is not a trusted proxy; forwarded addresses of others' making do not count.
    package func resolve(peer: String, forwardedFor: [String], realIP: String?) -> String {
        guard isTrusted(peer) else { return peer }
        let hops = forwardedFor.joined(separator: ",").split(separator: ",")
            .map { String($0.drop { $0 == " " }.prefix { $0 != " " }) }
        if hops.isEmpty {
            return realIP.flatMap { Subnet.address($0) == nil ? nil : $0 } ?? peer
        }
        var nearest = peer
        for hop in hops.reversed() {
            guard Subnet.address(hop) != nil else { return nearest }
            nearest = hop
            if !isTrusted(hop) { return hop }
        }
        return nearest
    }
}
