/// Scheme, host and port. Browsers call this an origin. It also distinguishes upstreams.
struct WebOrigin: Equatable, Sendable {
    let scheme: String
    let host: String
    let port: UInt16

    /// - Parameter address: an absolute http or https address; its path does not matter.
    /// - Returns: `nil` if anything but a plain host and port is before the path, such as a user's name.
    init?(_ address: some StringProtocol) {
        let text = address.lowercased()
        guard let mark = text.firstRange(of: "://") else { return nil }
        scheme = String(text[..<mark.lowerBound])
        guard scheme == "http" || scheme == "https" else { return nil }
        let authority = text[mark.upperBound...].prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        guard let (host, port) = Self.split(authority, scheme) else { return nil }
        (self.host, self.port) = (host, port)
    }

    /// - Parameter authority: the value of a `Host` header, which has no scheme.
    init?(scheme: String, authority: some StringProtocol) { self.init(scheme + "://" + authority) }

    private static func split(_ authority: Substring, _ scheme: String) -> (host: String, port: UInt16)? {
        let standard: UInt16 = scheme == "https" ? 443 : 80
        let isPlain = authority.utf8.allSatisfy { byte in
            (0x61...0x7a).contains(byte) || (0x30...0x39).contains(byte) || ".-_:[]".utf8.contains(byte)
        }
        guard isPlain else { return nil }
        let end = authority.lastIndex(of: "]").map { authority.index(after: $0) } ?? authority.startIndex
        guard let colon = authority[end...].firstIndex(of: ":") else {
            return authority.isEmpty ? nil : (String(authority), standard)
        }
        let port = authority[authority.index(after: colon)...]
        guard colon != authority.startIndex, port.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let number = port.isEmpty ? standard : UInt16(port)
        else { return nil }
        return (String(authority[..<colon]), number)
    }
}
