import Glibc

/// A network in CIDR notation, IPv4 or IPv6.
package struct Subnet: Sendable, Equatable {
    private let bytes: [UInt8]
    private let prefix: Int

    /// `nil` for anything that is not `address/length`.
    package init?(_ text: some StringProtocol) {
        let halves = text.split(separator: "/", omittingEmptySubsequences: false)
        guard halves.count == 2, let address = Self.address(String(halves[0])), let length = Int(halves[1]),
            (0...128).contains(length), halves[1].utf8.allSatisfy({ (0x30...0x39).contains($0) })
        else { return nil }
        bytes = address
        // An IPv4 address mapped into IPv6 counts as IPv4, and so does its network.
        prefix = address.count == 4 && halves[0].contains(":") ? length - 96 : length
        guard prefix >= 0, prefix <= address.count * 8 else { return nil }
    }

    package func contains(_ address: String) -> Bool {
        guard let other = Self.address(address), other.count == bytes.count else { return false }
        for bit in 0..<prefix {
            let mask = UInt8(0x80) >> UInt8(bit % 8)
            if bytes[bit / 8] & mask != other[bit / 8] & mask { return false }
        }
        return true
    }

    /// An address as the system writes it, so that one client has one name. A mapped IPv4 address is written as IPv4.
    static func canonical(_ text: String) -> String? {
        guard let bytes = address(text) else { return nil }
        if bytes.count == 4 { return bytes.map { String($0) }.joined(separator: ".") }
        var name = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        guard inet_ntop(AF_INET6, bytes, &name, socklen_t(name.count)) != nil else { return nil }
        return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// The four or sixteen bytes of an address. `::ffff:1.2.3.4` becomes the IPv4 address 1.2.3.4.
    static func address(_ text: String) -> [UInt8]? {
        var v4 = in_addr()
        if inet_pton(AF_INET, text, &v4) == 1 { return withUnsafeBytes(of: &v4) { Array($0) } }
        var v6 = in6_addr()
        guard inet_pton(AF_INET6, text, &v6) == 1 else { return nil }
        let bytes = withUnsafeBytes(of: &v6) { Array($0) }
        let isMapped = bytes[..<10].allSatisfy { $0 == 0 } && bytes[10...11].allSatisfy { $0 == 0xff }
        return isMapped ? Array(bytes[12...]) : bytes
    }
}
