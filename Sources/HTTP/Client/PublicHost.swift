import CCurl
import EventLoop
import Glibc

/// Checks the host of a client's address that a proxy will connect to. The proxy's connection is not visible here, so
/// the name is looked up and checked first. A name that cannot be looked up is refused.
struct PublicHost: Sendable {
    /// All addresses of a name; empty if it has none. It blocks.
    typealias Resolver = @Sendable (_ name: String) -> [sockaddr_storage]

    enum Verdict: Equatable {
        case isPublic
        /// It is a private, local or reserved address, or a name that always means one.
        case isPrivate
        case name(String)
        case isNone
    }

    /// Threads for look-ups of clients' names, which may be slow on purpose. A user has at most two threads, so that up
    /// to three such users delay nobody else.
    static let threads = WorkPool(
        threads: 8, named: "names", limits: FairLimits(waiting: 512, waitingOfOne: 64, runningOfOne: 2))

    let resolve: Resolver
    private let limit: Duration
    private let pool: WorkPool

    /// - Parameter limit: how long a caller waits for a thread and the look-up together.
    init(limit: Duration = .seconds(10), pool: WorkPool = threads, resolve: @escaping Resolver) {
        self.limit = limit
        self.pool = pool
        self.resolve = resolve
    }

    /// - Parameters:
    ///   - owner: the user of the request; users take turns.
    ///   - loop: the caller's loop.
    /// - Returns: the checked address in libcurl's form; `nil` if the host is an address itself.
    /// - Throws: `.connectFailed` for a host that is not public, with the same text for every reason; `.timedOut`.
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

    /// The first address, if all are public.
    private static func publicAddress(_ addresses: [sockaddr_storage]) -> String? {
        let arePublic = addresses.allSatisfy { address in
            withUnsafePointer(to: address) { PublicAddress.isPublic($0) }
        }
        return arePublic ? addresses.first.flatMap(text) : nil
    }

    private static let refusal = TransportError.connectFailed("Couldn't connect to server")

    // MARK: The name

    /// Suffixes of names that are never public (RFC 6761, 6762, 8375, ICANN's reserved and common private ones), and
    /// the names of cloud metadata services.
    private static let privateEnds: Set<String> = [
        "localhost", "localdomain", "local", "internal", "intranet", "private", "corp", "home", "lan", "arpa", "svc",
        "test", "invalid", "onion", "metadata.goog",
    ]

    static func judge(_ url: String) -> Verdict {
        guard var host = host(of: url)?.lowercased() else { return .isNone }
        if host.hasPrefix("[") { return judge(v6: host.dropFirst().prefix { $0 != "]" }) }
        while host.hasSuffix(".") { host.removeLast() }
        // Refuses characters that IDNA may map to ASCII, such as a full-width digit. They may be percent-encoded.
        guard !host.isEmpty, host.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f && $0 != 0x25 }) else { return .isPrivate }
        var address = in_addr()
        // `inet_aton` accepts one to four decimal, octal or hexadecimal numbers, as resolvers do.
        if inet_aton(host, &address) == 1 {
            return PublicAddress.isPublic(v4: UInt32(bigEndian: address.s_addr)) ? .isPublic : .isPrivate
        }
        let labels = host.split(separator: ".", omittingEmptySubsequences: false)
        guard labels.count > 1, !labels.contains(""), let last = labels.last else { return .isPrivate }
        // No top-level domain is a number, so another parser could read the name as an address.
        if last.utf8.first.map({ $0 &- 0x30 < 10 }) == true { return .isPrivate }
        let end = labels.suffix(2).joined(separator: ".")
        return privateEnds.contains(String(last)) || privateEnds.contains(end) ? .isPrivate : .name(host)
    }

    private static func judge(v6 text: Substring) -> Verdict {
        var address = in6_addr()
        // An address with a zone is local.
        guard inet_pton(AF_INET6, String(text), &address) == 1 else { return .isPrivate }
        return withUnsafeBytes(of: address) { PublicAddress.isPublic(v6: Array($0)) } ? .isPublic : .isPrivate
    }

    /// The host in the form that libcurl reads.
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
