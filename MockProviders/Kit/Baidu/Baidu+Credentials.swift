import Synchronization

extension Baidu {
    /// Knows which keys are valid, and which tokens were issued for them.
    ///
    /// Any API key is known and any secret is right unless it contains `mock-bad`. With `mock-expires-N` in a key, each
    /// of its tokens is valid for N calls; with `mock-ttl-N` for N seconds.
    final class Credentials: Sendable {
        enum Verdict: Equatable { case good, expired, unknown }

        private struct Grant {
            let key: String
            let deadline: Double
            var calls: Int
        }

        private static let limit = 65_536
        static let accessTokenSeconds = 2_592_000
        private let grants = Mutex<[String: Grant]>([:])

        static func isBad(_ text: String) -> Bool { text.firstRange(of: "mock-bad") != nil }

        /// The secret that belongs to an access key; the mock must know it to verify signatures.
        static func secret(of accessKey: String) -> String { accessKey + "-secret" }

        /// How many seconds a token of this key is valid.
        static func lifetime(of key: String, standard: Int) -> Int {
            min(Baidu.number(after: "mock-ttl-", in: key) ?? standard, standard)
        }

        func issue(_ token: String, for key: String, seconds: Int) {
            let calls = Baidu.number(after: "mock-expires-", in: key) ?? .max
            let grant = Grant(key: key, deadline: wallClock() + Double(seconds), calls: calls)
            grants.withLock { grants in
                // With too many tokens the oldest ones are dropped, as if they had expired.
                if grants.count >= Self.limit { grants.removeAll(keepingCapacity: true) }
                grants[token] = grant
            }
        }

        /// The key for which a token was issued.
        func owner(of token: String) -> String? { grants.withLock { $0[token]?.key } }

        /// Checks a token and counts the call.
        func use(_ token: String) -> Verdict {
            grants.withLock { grants in
                guard var grant = grants[token] else { return .unknown }
                if grant.deadline <= wallClock() || grant.calls <= 0 { return .expired }
                if grant.calls != .max {
                    grant.calls -= 1
                    grants[token] = grant
                }
                return .good
            }
        }
    }
}
