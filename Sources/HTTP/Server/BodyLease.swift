import Arithmetic
import Glibc

/// The budgets that a request's body is charged to.
package struct BodyAccount: Sendable {
    package let budget: BodyBudget
    /// The client's address, as the operator's proxies report it.
    package let address: String
    /// `nil` if the request has no token.
    package let token: Int64?

    package init(budget: BodyBudget, address: String, token: Int64?) {
        self.budget = budget
        self.address = address
        self.token = token
    }
}

/// The bytes that one request has charged.
struct BodyLease {
    /// An arriving body is charged in steps of this many bytes. Each step takes a lock, and at most one is charged
    /// ahead.
    static let step = 64 << 10

    private let account: BodyAccount
    private var charged = 0
    private lazy var network = BodyAccount.network(of: account.address)

    init(_ account: BodyAccount) { self.account = account }

    /// Refuses a body whose announced length is more than the budgets have left. Nothing is charged yet, so that a
    /// client that only announces a body takes nothing from others.
    mutating func expect(_ length: Int) throws(BodyError) {
        guard length > BodyBudget.free, length > charged else { return }
        try account.budget.charge(length - charged, network, account.token, isAsked: true)
    }

    /// Charges the bytes of a body that have arrived, before they are kept.
    /// - Parameter length: the most that can arrive.
    mutating func arrived(_ bytes: Int, of length: Int) throws(BodyError) {
        guard bytes > BodyBudget.free, bytes > charged else { return }
        try grow(to: min(length, bytes.plus(Self.step - 1) & ~(Self.step - 1)))
    }

    /// Charges the memory that a body takes now beyond what was charged before.
    mutating func grow(to bytes: Int) throws(BodyError) {
        guard bytes > BodyBudget.free, bytes > charged else { return }
        try account.budget.charge(bytes - charged, network, account.token)
        charged = bytes
    }

    /// Releases what was charged ahead, after the body has ended.
    mutating func ended(_ bytes: Int) {
        let kept = bytes > BodyBudget.free ? bytes : 0
        guard kept < charged else { return }
        account.budget.release(charged.minus(kept), network, account.token)
        charged = kept
    }

    mutating func release() {
        if charged > 0 { account.budget.release(charged, network, account.token) }
        charged = 0
    }
}

extension BodyAccount {
    /// The network whose budget an address shares. With IPv6, one client has a whole /64.
    package static func network(of address: String) -> String {
        var v6 = in6_addr()
        guard address.utf8.contains(0x3a), inet_pton(AF_INET6, address, &v6) == 1 else { return address }
        let bytes = withUnsafeBytes(of: v6) { Array($0) }
        // `::ffff:1.2.3.4` means the IPv4 address 1.2.3.4.
        if bytes.starts(with: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff]) {
            return bytes.suffix(4).map { String($0) }.joined(separator: ".")
        }
        return bytes.prefix(8).map { String($0, radix: 16) }.joined(separator: ".") + "/64"
    }
}
