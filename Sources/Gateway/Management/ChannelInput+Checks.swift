import Database
import Providers

/// Checks of single values of a channel. Only values that were sent are checked.
extension ChannelInput {
    /// A list without the white space around its entries and without empty ones.
    static func trimmedList(_ list: String) -> String { ChannelRecord.entries(list).joined(separator: ",") }

    /// - Parameter config: must be empty, or a JSON object whose members are valid for a channel of this type.
    static func check(config: String, of type: Int64) throws {
        if let problem = ChannelConfig(config, type: Int(clamping: type)).problems.first {
            throw ManagementError("渠道配置不正确 / " + problem)
        }
    }

    /// - Parameter address: a `base_url`. Empty means the type's own address.
    static func check(address: String, of type: Int64) throws {
        guard !address.isEmpty else { return }
        if let problem = problem(withBaseURL: address) { throw ManagementError("Base URL 不正确 / base_url " + problem) }
        let channel = ProviderChannel(type: Int(clamping: type), baseURL: address.trimmingSlashes, key: "")
        guard let shorter = channel.withoutRepetition else { return }
        let added = channel.baseURL.dropFirst(shorter.count)
        throw ManagementError(
            "Base URL 不正确 / base_url must not end in \(added), which is added for this type: write \(shorter)")
    }

    /// Returns what is wrong with an address: the rest of a sentence that begins with the member's name.
    private static func problem(withBaseURL base: String) -> String? {
        if base.trimmed.isEmpty { return "is blank: leave it empty, or write an address" }
        guard let mark = base.firstRange(of: "://"), ["http", "https"].contains(base[..<mark.lowerBound].lowercased())
        else { return "must begin with http:// or https://" }
        // Parsers disagree about whether these bytes end the host.
        if base.utf8.contains(where: { $0 <= 0x20 || $0 == 0x7f || $0 == UInt8(ascii: "\\") }) {
            return "must not hold spaces, control characters or backslashes"
        }
        if base.contains("?") || base.contains("#") { return "must not hold '?' or '#'" }
        let authority = base[mark.upperBound...].prefix { $0 != "/" }
        if authority.contains("@") { return "must not hold a user's name: the key goes into the channel's key" }
        let (host, port) = parts(of: authority)
        if host.isEmpty { return "has no host" }
        if host.hasPrefix("[") != host.hasSuffix("]") { return "has no valid host" }
        // An empty port means the scheme's default port.
        guard let port, !port.isEmpty else { return nil }
        let isPort = port.utf8.allSatisfy { (0x30...0x39).contains($0) } && UInt16(port).map { $0 > 0 } == true
        return isPort ? nil : "has no valid port: \(port) is not one of 1 to 65535"
    }

    /// Separates host and port. An IPv6 address has colons of its own, within brackets.
    private static func parts(of authority: Substring) -> (host: Substring, port: Substring?) {
        let end = authority.lastIndex(of: "]").map { authority.index(after: $0) } ?? authority.startIndex
        guard let colon = authority[end...].firstIndex(of: ":") else { return (authority, nil) }
        return (authority[..<colon], authority[authority.index(after: colon)...])
    }
}

extension String {
    /// The text without the slashes at its end.
    fileprivate var trimmingSlashes: String {
        var text = self
        while text.hasSuffix("/") { text.removeLast() }
        return text
    }
}
