import Arithmetic
import Synchronization

/// What all request bodies that are in memory may take together: for the process, for a client's address, and for a token.
///
/// A body is charged before its bytes are read, and released when its request ends. Bodies up to `free` bytes cost nothing,
/// so that the lock is taken by few requests.
package final class BodyBudget: Sendable {
    /// Whose budget is used up.
    package enum Scope: Equatable, Sendable { case process, address, token }

    /// Bytes; 0 for no limit.
    package struct Limits: Equatable, Sendable {
        package var process: Int
        package var address: Int
        package var token: Int

        package init(process: Int = 1 << 30, address: Int = 512 << 20, token: Int = 256 << 20) {
            self.process = process
            self.address = address
            self.token = token
        }

        /// Limits that one body of the largest size stays below, packed and unpacked at once.
        package func atLeast(body: Int) -> Limits {
            func raised(_ limit: Int) -> Int { limit == 0 ? 0 : max(limit, body.times(3)) }
            return Limits(process: raised(process), address: raised(address), token: raised(token))
        }
    }

    /// Bytes of a body that are not charged.
    package static let free = 64 << 10

    private struct Held {
        var total = 0
        var addresses: [String: Int] = [:]
        var tokens: [Int64: Int] = [:]
        var released = 0
    }

    private let limits: Limits
    private let held = Mutex(Held())

    package init(limits: Limits = Limits()) { self.limits = limits }

    /// Bytes that are charged at the moment.
    package var total: Int { held.withLock { $0.total } }

    /// Bytes that were released since this was asked last.
    package func takeReleased() -> Int {
        held.withLock { held in
            defer { held.released = 0 }
            return held.released
        }
    }

    fileprivate func charge(_ bytes: Int, _ account: BodyAccount) throws(BodyError) {
        let refusal = held.withLock { held -> Scope? in
            let total = held.total.plus(bytes)
            let address = (held.addresses[account.address] ?? 0).plus(bytes)
            let token = account.token.map { (held.tokens[$0] ?? 0).plus(bytes) }
            if let token, limits.token > 0, token > limits.token { return .token }
            if limits.address > 0, address > limits.address { return .address }
            if limits.process > 0, total > limits.process { return .process }
            held.total = total
            held.addresses[account.address] = address
            if let id = account.token { held.tokens[id] = token }
            return nil
        }
        if let refusal { throw .overBudget(refusal) }
    }

    fileprivate func release(_ bytes: Int, _ account: BodyAccount) {
        held.withLock { held in
            held.total = held.total.minus(bytes)
            held.released = held.released.plus(bytes)
            held.addresses[account.address] = Self.rest(held.addresses[account.address], bytes)
            if let id = account.token { held.tokens[id] = Self.rest(held.tokens[id], bytes) }
        }
    }

    /// Nothing for nobody, or the table would keep every address that ever came.
    private static func rest(_ held: Int?, _ bytes: Int) -> Int? {
        guard let held, held > bytes else { return nil }
        return held.minus(bytes)
    }
}

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
    private let account: BodyAccount
    private var charged = 0

    init(_ account: BodyAccount) { self.account = account }

    /// Charges what a body's bytes take now beyond what they took before; to be called before they are read.
    mutating func grow(to bytes: Int) throws(BodyError) {
        guard bytes > BodyBudget.free, bytes > charged else { return }
        try account.budget.charge(bytes - charged, account)
        charged = bytes
    }

    mutating func release() {
        if charged > 0 { account.budget.release(charged, account) }
        charged = 0
    }
}
