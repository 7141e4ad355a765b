import CCurl
import EventLoop
import Glibc

/// Judges the host of an address that a client gave and that a proxy is to reach: there no socket of ours shows where the
/// connection goes, so that the name is looked up and judged here first. What cannot be looked up is refused.
struct PublicHost: Sendable {
    /// All addresses of a name; empty for none. Blocks.
    typealias Resolver = @Sendable (_ name: String) -> [sockaddr_storage]

    enum Verdict: Equatable {
        case isPublic
        /// A private, local or reserved address, or a name that means one.
        case isPrivate
        case name(String)
        case isNone
    }

    /// Look-ups of clients' names, which may be slow on purpose: a user has two threads at most, for as long as the
    /// resolver takes, so that up to three such users hold nobody else up.
    static let threads = WorkPool(
        threads: 8, named: "names", limits: FairLimits(waiting: 512, waitingOfOne: 64, runningOfOne: 2))

    let resolve: Resolver
    private let limit: Duration
    private let pool: WorkPool

    /// - Parameter limit: how long a caller waits, for a thread and for the look-up.
    init(limit: Duration = .seconds(10), pool: WorkPool = threads, resolve: @escaping Resolver) {
        self.limit = limit
        self.pool = pool
        self.resolve = resolve
    }

    /// - Parameters:
    ///   - owner: whose request it is; users take turns.
    ///   - loop: where the caller is.
    /// - Returns: the address that was judged, as libcurl connects to it; `nil` where the host is an address itself.
    /// - Throws: `.connectFailed` for what is not public, in the same words whatever the reason; `.timedOut`.
    @discardableResult
    func check(_ url: String, of owner: Int64, on loop: EventLoop) async throws(TransportError) -> String? {
        switch Self.judge(url) {
        case .isPublic: return nil
        case .isNone: throw .badAddress
        case .isPrivate: throw Self.refusal
        case .name(let name):
            let resolve = resolve
            let found: String??
            do throws(WorkPool.Full) {
                found = try await pool.run(of: owner, within: limit, on: loop) { Self.publicAddress(resolve(name)) }
            } catch { throw Self.refusal }
            guard let address = found else { throw .timedOut(.connect) }
            guard let address else { throw Self.refusal }
            return address
        }
    }

    /// The first, if all are public.
    private static func publicAddress(_ addresses: [sockaddr_storage]) -> String? {
        let arePublic = addresses.allSatisfy { address in
            withUnsafePointer(to: address) { PublicAddress.isPublic($0) }
        }
        return arePublic ? addresses.first.flatMap(text) : nil
    }

    private static let refusal = TransportError.connectFailed("Couldn't connect to server")

    // MARK: The name

    /// Ends of names that are never public (RFC 6761, 6762, 8375, ICANN's reserved and common private ones), and the
    /// names of clouds' metadata.
    private static let privateEnds: Set<String> = [
        "localhost", "localdomain", "local", "internal", "intranet", "private", "corp", "home", "lan", "arpa", "svc",
        "test", "invalid", "onion", "metadata.goog",
    ]

    static func judge(_ url: String) -> Verdict {
        guard var host = host(of: url)?.lowercased() else { return .isNone }
        if host.hasPrefix("[") { return judge(v6: host.dropFirst().prefix { $0 != "]" }) }
        while host.hasSuffix(".") { host.removeLast() }
        // Signs that an encoding of names folds to letters, digits and dots; a client may send such a name encoded.
        guard !host.isEmpty, host.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f && $0 != 0x25 }) else { return .isPrivate }
        var address = in_addr()
        // Takes decimal, octal and hexadecimal numbers, one to four, as resolvers do.
        if inet_aton(host, &address) == 1 {
            return PublicAddress.isPublic(v4: UInt32(bigEndian: address.s_addr)) ? .isPublic : .isPrivate
        }
        let labels = host.split(separator: ".", omittingEmptySubsequences: false)
        guard labels.count > 1, !labels.contains(""), let last = labels.last else { return .isPrivate }
        // No top level is a number: another reader of numbers would take it for an address.
        if last.utf8.first.map({ $0 &- 0x30 < 10 }) == true { return .isPrivate }
        let end = labels.suffix(2).joined(separator: ".")
        return privateEnds.contains(String(last)) || privateEnds.contains(end) ? .isPrivate : .name(host)
    }

    private static func judge(v6 text: Substring) -> Verdict {
        var address = in6_addr()
        // An address with a zone is local, and read by nobody else.
        guard inet_pton(AF_INET6, String(text), &address) == 1 else { return .isPrivate }
        return withUnsafeBytes(of: address) { PublicAddress.isPublic(v6: Array($0)) } ? .isPublic : .isPrivate
    }

    /// As libcurl reads it.
    private static func host(of url: String) -> String? {
        guard let parsed = curl_url() else { return nil }
        defer { curl_url_cleanup(parsed) }
        guard curl_url_set(parsed, CURLUPART_URL, url, 0) == CURLUE_OK else { return nil }
        var text: UnsafeMutablePointer<CChar>?
        guard curl_url_get(parsed, CURLUPART_HOST, &text, 0) == CURLUE_OK, let text else { return nil }
        defer { curl_free(text) }
        return String(cString: text)
    }
}
