import CCurl
import Glibc

/// The addresses of a name.
extension PublicHost {
    /// An address as text, IPv6 in brackets.
    static func text(_ address: sockaddr_storage) -> String? {
        var address = address
        var text = [CChar](repeating: 0, count: 64)
        let isV6 = Int32(address.ss_family) == AF_INET6
        let size = socklen_t(isV6 ? MemoryLayout<sockaddr_in6>.size : MemoryLayout<sockaddr_in>.size)
        let status = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                getnameinfo($0, size, &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST)
            }
        }
        guard status == 0 else { return nil }
        let written = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return isV6 ? "[\(written)]" : written
    }

    static let system = PublicHost { name in
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(name, nil, &hints, &list) == 0 else { return [] }
        defer { freeaddrinfo(list) }
        var found: [sockaddr_storage] = []
        var next = list
        while let entry = next?.pointee {
            if let address = entry.ai_addr {
                var storage = sockaddr_storage()
                let size = min(Int(entry.ai_addrlen), MemoryLayout<sockaddr_storage>.size)
                withUnsafeMutableBytes(of: &storage) {
                    $0.copyMemory(from: UnsafeRawBufferPointer(start: address, count: size))
                }
                found.append(storage)
            }
            next = entry.ai_next
        }
        return found
    }
}
