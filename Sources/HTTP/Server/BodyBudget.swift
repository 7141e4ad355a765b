import Arithmetic
import Synchronization

/// The limits for all request bodies in memory: of the process, of a client's address, and of a token.
///
/// A body is charged as its bytes arrive, and released when its request ends. Bodies up to `free` bytes are not
/// charged, so that ordinary requests take no lock. The head of a request may take more memory than that.
package final class BodyBudget: Sendable {
    /// Which budget is used up.
    package enum Scope: Equatable, Sendable { case process, address, token }

    /// In bytes; 0 means no limit.
    package struct Limits: Equatable, Sendable {
        package var process: Int
        package var address: Int
        package var token: Int

        package init(process: Int = 1 << 30, address: Int = 512 << 20, token: Int = 256 << 20) {
            self.process = process
            self.address = address
            self.token = token
        }

        /// Limits that let one body of the largest size pass, packed and unpacked at once.
        package func atLeast(body: Int) -> Limits {
            func raised(_ limit: Int) -> Int { limit == 0 ? 0 : max(limit, body.times(3)) }
            return Limits(process: raised(process), address: raised(address), token: raised(token))
        }
    }

    /// The largest body that is not charged, in bytes.
    package static let free = 4 << 10

    private struct Held {
        var total = 0
        /// By network: an IPv4 address, or the /64 of an IPv6 address.
        var networks: [String: Int] = [:]
        var tokens: [Int64: Int] = [:]
        var released = 0
    }

    private let limits: Limits
    private let held = Mutex(Held())

    package init(limits: Limits = Limits()) { self.limits = limits }

    /// The bytes that are charged now.
    package var total: Int { held.withLock { $0.total } }

    /// The bytes that were released since the last call.
    package func takeReleased() -> Int {
        held.withLock { held in
            defer { held.released = 0 }
            return held.released
        }
    }

    /// - Parameter isAsked: whether to charge nothing, and only check that there is room.
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
            // Small bodies do not change the heap much.
            if bytes > 64 << 10 { held.released = held.released.plus(bytes) }
            held.networks[network] = Self.rest(held.networks[network], bytes)
            if let id { held.tokens[id] = Self.rest(held.tokens[id], bytes) }
        }
    }

    /// The rest of an entry; `nil` for zero, or the table would keep every address that ever connected.
    private static func rest(_ held: Int?, _ bytes: Int) -> Int? {
        guard let held, held > bytes else { return nil }
        return held.minus(bytes)
    }
}
