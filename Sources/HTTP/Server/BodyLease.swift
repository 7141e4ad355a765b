import Arithmetic
import Glibc

/// Who pays for a request's body.
package struct BodyAccount: Sendable {
    package let budget: BodyBudget
    /// The client's, as the operator's proxies tell it.
    package let address: String
    /// `nil` where there is none.
    package let token: Int64?

    package init(budget: BodyBudget, address: String, token: Int64?) {
        self.budget = budget
        self.address = address
        self.token = token
    }
}

/// What one request has charged.
struct BodyLease {
    /// A body that is coming is charged in steps of so many bytes: a lock for each, and never more ahead.
    static let step = 64 << 10

    private let account: BodyAccount
    private var charged = 0
    private lazy var network = BodyAccount.network(of: account.address)

    init(_ account: BodyAccount) { self.account = account }

    /// Refuses a body that there is no room for by its announced length. Nothing is charged: who only announces a body
    /// takes nothing from others.
    mutating func expect(_ length: Int) throws(BodyError) {
        guard length > BodyBudget.free, length > charged else { return }
        try account.budget.charge(length - charged, network, account.token, isAsked: true)
    }

    /// Charges what has come of a body, before it is kept.
    /// - Parameter length: what comes at most.
    mutating func arrived(_ bytes: Int, of length: Int) throws(BodyError) {
        guard bytes > BodyBudget.free, bytes > charged else { return }
        try grow(to: min(length, bytes.plus(Self.step - 1) & ~(Self.step - 1)))
    }

    /// Charges what a body's bytes take now beyond what they took before.
    mutating func grow(to bytes: Int) throws(BodyError) {
        guard bytes > BodyBudget.free, bytes > charged else { return }
        try account.budget.charge(bytes - charged, network, account.token)
        charged = bytes
    }

    /// Gives back what was charged ahead of a body that has ended.
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
    /// Whose limits an address shares: of IPv6, one client has a whole /64.
    package static func network(of address: String) -> String {
        var v6 = in6_addr()
        guard address.utf8.contains(0x3a), inet_pton(AF_INET6, address, &v6) == 1 else { return address }
        let bytes = withUnsafeBytes(of: v6) { Array($0) }
        // `::ffff:1.2.3.4` is the IPv4 address that it stands for.
        if bytes.starts(with: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff]) {
            return bytes.suffix(4).map { String($0) }.joined(separator: ".")
        }
        return bytes.prefix(8).map { String($0, radix: 16) }.joined(separator: ".") + "/64"
    }
}
