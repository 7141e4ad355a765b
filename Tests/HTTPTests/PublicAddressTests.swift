import CCurl
import Glibc
import TestTraits
import Testing

@testable import HTTP

@Suite(.inTurn) struct PublicAddressTests {
    /// Networks, given by their first and last addresses and notable ones between.
    static let special: [(String, String)] = [
        ("this network", "0.0.0.0 0.255.255.255"), ("private", "10.0.0.0 10.255.255.255"),
        ("shared by carriers", "100.64.0.0 100.127.255.255"), ("loopback", "127.0.0.0 127.0.0.1 127.255.255.255"),
        ("link-local, with the clouds' metadata", "169.254.0.0 169.254.169.254 169.254.255.255"),
        ("private", "172.16.0.0 172.31.255.255"), ("protocol assignments", "192.0.0.0 192.0.0.255"),
        ("documentation", "192.0.2.0 192.0.2.255 198.51.100.0 198.51.100.255 203.0.113.0 203.0.113.255"),
        ("6to4 relays", "192.88.99.0 192.88.99.255"), ("private", "192.168.0.0 192.168.255.255"),
        ("benchmarks", "198.18.0.0 198.19.255.255"), ("multicast", "224.0.0.0 239.255.255.255"),
        ("reserved, broadcast", "240.0.0.0 255.255.255.254 255.255.255.255"),
        ("unspecified, loopback", ":: ::1"), ("IPv4-compatible", "::127.0.0.1 ::8.8.8.8"),
        ("mapped IPv4", "::ffff:0.0.0.0 ::ffff:10.0.0.1 ::ffff:127.0.0.1 ::ffff:169.254.169.254 ::ffff:192.168.1.1"),
        ("translated IPv4", "64:ff9b::7f00:1 64:ff9b::10.1.2.3 64:ff9b::169.254.169.254 ::ffff:0:127.0.0.1"),
        ("translated IPv4 in local use", "64:ff9b:1:: 64:ff9b:1::808:808 64:ff9b:1:ffff:ffff:ffff:ffff:ffff"),
        ("6to4", "2002:7f00:1:: 2002:a00:1::1 2002:c0a8:101::1 2002:a9fe:a9fe::"),
        ("discard", "100:: 100::ffff:ffff:ffff:ffff"), ("Teredo", "2001:: 2001:0:ffff:ffff:ffff:ffff:ffff:ffff"),
        ("benchmarks", "2001:2:: 2001:2:0:ffff:ffff:ffff:ffff:ffff"),
        ("ORCHID", "2001:10:: 2001:1f:ffff:: 2001:20:: 2001:2f:ffff::"),
        ("documentation", "2001:db8:: 2001:db8:ffff:ffff:ffff:ffff:ffff:ffff 3fff:: 3fff:fff:ffff::"),
        ("segment routing", "5f00:: 5f00:ffff::"), ("unique local", "fc00:: fd00::1 fdff:ffff::"),
        ("link-local", "fe80:: fe80::1 febf:ffff::"), ("site-local", "fec0:: feff:ffff::"),
        ("multicast", "ff00:: ff02::1 ffff:ffff::"),
    ]

    static let open = [
        "1.0.0.0", "1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0",
        "126.255.255.255", "128.0.0.0", "169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0",
        "191.255.255.255", "192.0.1.0", "192.0.3.0", "192.88.98.255", "192.88.100.0", "192.167.255.255", "192.169.0.0",
        "198.17.255.255", "198.20.0.0", "198.51.99.255", "198.51.101.0", "203.0.112.255", "203.0.114.0",
        "223.255.255.255", "2001:4860:4860::8888", "2606:4700:4700::1111", "2a00:1450:4001::200e", "2001:200::1",
        "2400:cb00::1", "2001:db7:ffff::", "2001:db9::", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8", "2002:808:808::1",
    ]

    @Test("an address in a special network is not public", arguments: special)
    func isSpecial(network: String, addresses: String) throws {
        for address in addresses.split(separator: " ") {
            #expect(try Self.isPublic(String(address)) == false, "\(address): \(network)")
        }
    }

    @Test("an address next to a special network is public", arguments: open)
    func isOpen(address: String) throws {
        #expect(try Self.isPublic(address))
    }

    @Test("a socket address of another family is not public")
    func families() {
        var address = sockaddr_storage()
        for family in [AF_UNSPEC, AF_UNIX, AF_NETLINK] {
            address.ss_family = sa_family_t(family)
            #expect(!PublicAddress.isPublic(&address))
        }
        #expect(!PublicAddress.isPublic(v6: [0x20, 0x01]))
    }

    /// Whether an address is public, given in the form in which the resolver returns it.
    private static func isPublic(_ text: String) throws -> Bool {
        var storage = sockaddr_storage()
        let isRead = withUnsafeMutablePointer(to: &storage) { pointer in
            if text.utf8.contains(0x3a) {
                pointer.pointee.ss_family = sa_family_t(AF_INET6)
                return pointer.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) {
                    inet_pton(AF_INET6, text, &$0.pointee.sin6_addr)
                }
            }
            pointer.pointee.ss_family = sa_family_t(AF_INET)
            return pointer.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
                inet_pton(AF_INET, text, &$0.pointee.sin_addr)
            }
        }
        try #require(isRead == 1, "\(text) is no address")
        return PublicAddress.isPublic(&storage)
    }
}
