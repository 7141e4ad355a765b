import CCurl
import Glibc

/// Distinguishes addresses of the public Internet from all others (by IANA's special-purpose registries).
enum PublicAddress {
    /// - Parameter address: from the resolver. Only the bytes of its family are read.
    static func isPublic(_ address: UnsafePointer<sockaddr_storage>) -> Bool {
        switch Int32(address.pointee.ss_family) {
        case AF_INET:
            address.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
                isPublic(v4: UInt32(bigEndian: $0.pointee.sin_addr.s_addr))
            }
        case AF_INET6:
            address.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) { pointer in
                withUnsafeBytes(of: pointer.pointee.sin6_addr) { isPublic(v6: Array($0)) }
            }
        default: false
        }
    }

    /// The first address and the prefix length of each network that is not public.
    private static let reserved: [(UInt32, Int)] = [
        (0x0000_0000, 8), (0x0a00_0000, 8), (0x6440_0000, 10), (0x7f00_0000, 8), (0xa9fe_0000, 16), (0xac10_0000, 12),
        (0xc000_0000, 24), (0xc000_0200, 24), (0xc058_6300, 24), (0xc0a8_0000, 16), (0xc612_0000, 15),
        (0xc633_6400, 24), (0xcb00_7100, 24), (0xe000_0000, 4), (0xf000_0000, 4),
    ]

    /// The same for the allocated part of IPv6, by its first 32 bits: protocol assignments with Teredo, benchmarks and
    /// identifiers that are not of hosts (2001::/23), and documentation.
    private static let reservedV6: [(UInt32, Int)] = [(0x2001_0000, 23), (0x2001_0db8, 32), (0x3fff_0000, 20)]

    static func isPublic(v4 address: UInt32) -> Bool { !isWithin(reserved, address) }

    private static func isWithin(_ networks: [(UInt32, Int)], _ address: UInt32) -> Bool {
        networks.contains { address >> UInt32(32 - $0.1) == $0.0 >> UInt32(32 - $0.1) }
    }

    /// - Parameter address: 16 bytes.
    static func isPublic(v6 address: [UInt8]) -> Bool {
        guard address.count == 16 else { return false }
        func number(_ offset: Int) -> UInt32 { address[offset..<(offset + 4)].reduce(0) { $0 << 8 | UInt32($1) } }
        func v4(_ offset: Int) -> Bool { isPublic(v4: number(offset)) }
        // IPv4 in IPv6: mapped, translated (64:ff9b::/96), and 6to4.
        if address.starts(with: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff]) { return v4(12) }
        if address.starts(with: [0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0]) { return v4(12) }
        if address.starts(with: [0x20, 0x02]) { return v4(2) }
        // Only 2000::/3 is allocated.
        return address[0] & 0xe0 == 0x20 && !isWithin(reservedV6, number(0))
    }
}
