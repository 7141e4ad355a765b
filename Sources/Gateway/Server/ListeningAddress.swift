import Glibc
import HTTP

/// Addresses at which people reach a listening socket.
package enum ListeningAddress {
    /// The most addresses of the machine that are listed.
    private static let limit = 8

    /// The most useful address comes first. A socket bound to all addresses can be reached at each address of the
    /// machine.
    /// - Parameters:
    ///   - host: the address that the socket is bound to.
    ///   - interfaces: the machine's own addresses.
    package static func urls(host: String, port: Int, interfaces: [String] = interfaces()) -> [String] {
        let isEverywhere = host == HTTPServer.allAddresses || host == HTTPServer.allIPv4Addresses
        guard isEverywhere else { return [url(host, port)] }
        let reachable = interfaces.filter { host == HTTPServer.allAddresses || !$0.contains(":") }
        return ["http://localhost:\(port)"] + reachable.prefix(limit).map { url($0, port) }
    }

    private static func url(_ host: String, _ port: Int) -> String {
        host.contains(":") ? "http://[\(host)]:\(port)" : "http://\(host):\(port)"
    }

    /// The addresses of interfaces that are up, IPv4 first, without loopback interfaces and IPv6 link-local addresses.
    package static func interfaces() -> [String] {
        var first: UnsafeMutablePointer<ifaddrs>?
        guard getifaddrs(&first) == 0 else { return [] }
        defer { freeifaddrs(first) }
        var (v4, v6): ([String], [String]) = ([], [])
        var next = first
        while let entry = next?.pointee {
            next = entry.ifa_next
            let flags = Int(entry.ifa_flags)
            guard flags & IFF_UP != 0, flags & IFF_LOOPBACK == 0, let address = entry.ifa_addr else { continue }
            switch Int32(address.pointee.sa_family) {
            case AF_INET: v4 += text(address, MemoryLayout<sockaddr_in>.size)
            case AF_INET6: v6 += text(address, MemoryLayout<sockaddr_in6>.size).filter { !$0.hasPrefix("fe80:") }
            default: break
            }
        }
        return v4 + v6
    }

    private static func text(_ address: UnsafeMutablePointer<sockaddr>, _ size: Int) -> [String] {
        var name = [CChar](repeating: 0, count: Int(NI_MAXHOST))
        let status = getnameinfo(
            address, socklen_t(size), &name, socklen_t(name.count), nil, 0, Int32(NI_NUMERICHOST))
        guard status == 0 else { return [] }
        return [String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)]
    }
}
