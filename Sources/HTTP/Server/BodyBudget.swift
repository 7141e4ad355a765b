import Arithmetic
import Synchronization

/// What all request bodies that are in memory may take together: for the process, for a client's address, and for a token.
///
/// A body is charged as its bytes come, and released when its request ends. Bodies up to `free` bytes cost nothing, so that
/// ordinary requests take no lock; a connection may hold more than that of a head.
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
    package static let free = 4 << 10

    private struct Held {
        var total = 0
        /// By network: an address, or the /64 of IPv6 that it is in.
        var networks: [String: Int] = [:]
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

    /// - Parameter isAsked: only whether there is room.
    func charge(_ bytes: Int, _ network: String, _ id: Int64?, isAsked: Bool = false) throws(BodyError) {
        let refusal = held.withLock { held -> Scope? in
            let total = held.total.plus(bytes)
            let address = (held.networks[network] ?? 0).plus(bytes)
            let token = id.map { (held.tokens[$0] ?? 0).plus(bytes) }
            if let token, limits.token > 0, token > limits.token { return .token }
            if limits.address > 0, address > limits.address { return .address }
            if limits.process > 0, total > limits.process { return .process }
            if isAsked { return nil }
            held.total = total
            held.networks[network] = address
            if let id { held.tokens[id] = token }
            return nil
        }
        if let refusal { throw .overBudget(refusal) }
    }

    func release(_ bytes: Int, _ network: String, _ id: Int64?) {
        held.withLock { held in
            held.total = held.total.minus(bytes)
            // Small ones leave the heap as it was.
            if bytes > 64 << 10 { held.released = held.released.plus(bytes) }
            held.networks[network] = Self.rest(held.networks[network], bytes)
            if let id { held.tokens[id] = Self.rest(held.tokens[id], bytes) }
        }
    }

    /// Nothing for nobody, or the table would keep every address that ever came.
    private static func rest(_ held: Int?, _ bytes: Int) -> Int? {
        guard let held, held > bytes else { return nil }
        return held.minus(bytes)
    }
}
