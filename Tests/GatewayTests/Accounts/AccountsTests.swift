import TestTraits
import Testing

@testable import Gateway

@Suite(.inTurn) struct AccountsTests {
    @Test("a hash has one-api's format, matches only its password, and differs each time")
    func password() async throws {
        let (first, second) = (try await Password.hash("pass wörd"), try await Password.hash("pass wörd"))
        #expect(first.hasPrefix("$2a$10$") && first.utf8.count == 60 && first != second)
        #expect(await Password.matches("pass wörd", hash: first))
        #expect(await !Password.matches("pass word", hash: first))
        #expect(await !Password.matches("pass wörd\0tail", hash: first))
        #expect(await !Password.matches("", hash: ""))
        #expect(await !Password.matches("anything", hash: "not a hash"))
        #expect(await !Password.matches("anything", hash: Password.nobody))
    }

    @Test("a hash made by Go's bcrypt is accepted")
    func foreignHash() async {
        // The published test vector of golang.org/x/crypto/bcrypt.
        let hash = "$2a$10$XajjQvNhvvRt5GSeFk1xFeyqRrsxkhBkUiQeg0dt.wU1qD4aFDcga"
        #expect(await Password.matches("allmine", hash: hash))
    }

    @Test("a session can be decoded until it is too old, is changed, or is signed with another secret")
    func session() {
        let codec = SessionCodec(secret: Secret("secret"))
        let cookie = codec.encode(userID: 7, fingerprint: "abc", now: 1000)
        let session = codec.decode(cookie, now: 2000)
        #expect(session?.userID == 7 && session?.fingerprint == "abc")
        #expect(session?.expiry == 1000 + SessionCodec.lifetime)
        #expect(codec.decode(cookie, now: 1000 + SessionCodec.lifetime) == nil)
        #expect(codec.decode(cookie, now: 900) == nil)
        #expect(SessionCodec(secret: Secret("other")).decode(cookie, now: 2000) == nil)
        #expect(codec.decode(codec.encode(userID: 7, fingerprint: "abc", now: 1000), now: 2000)?.id != session?.id)
        for index in cookie.indices {
            var changed = cookie
            changed.replaceSubrange(index...index, with: cookie[index] == "1" ? "2" : "1")
            #expect(codec.decode(changed, now: 2000) == nil)
        }
        for text in ["", "|", "||||", "1000|7|abc|x|", cookie + "|"] { #expect(codec.decode(text, now: 2000) == nil) }
    }

    @Test(
        "networks hold the addresses of their prefix",
        arguments: [
            ("10.0.0.0/8", "10.255.0.1", true), ("10.0.0.0/8", "11.0.0.1", false), ("0.0.0.0/0", "8.8.8.8", true),
            ("192.168.1.128/25", "192.168.1.127", false), ("192.168.1.128/25", "192.168.1.200", true),
            ("1.2.3.4/32", "1.2.3.4", true), ("::/0", "1.2.3.4", false), ("2001:db8::/32", "2001:db8:1::1", true),
            ("2001:db8::/32", "2001:db9::1", false), ("10.0.0.0/8", "nonsense", false),
        ])
    func subnets(network: String, address: String, isInside: Bool) {
        #expect(Subnet(network)?.contains(address) == isInside)
    }

    @Test(
        "a malformed network is refused",
        arguments: [
            "", "10.0.0.0", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/+8", "10.0.0/8", "::/129", "a/8",
            "1.2.3.4/8/8",
        ])
    func noSubnets(text: String) {
        #expect(Subnet(text) == nil)
    }

    @Test(
        "the client is the nearest address that no trusted proxy has",
        arguments: [
            ("8.8.8.8", ["1.1.1.1"], nil, "8.8.8.8"), ("127.0.0.1", [], nil, "127.0.0.1"),
            ("127.0.0.1", ["1.1.1.1"], nil, "1.1.1.1"), ("127.0.0.1", ["6.6.6.6, 1.1.1.1, 10.0.0.5"], nil, "1.1.1.1"),
            ("127.0.0.1", ["6.6.6.6", "1.1.1.1"], nil, "1.1.1.1"), ("127.0.0.1", ["6.6.6.6, junk"], nil, "127.0.0.1"),
            ("127.0.0.1", ["10.0.0.9"], nil, "10.0.0.9"), ("127.0.0.1", [], "1.1.1.1", "1.1.1.1"),
            ("127.0.0.1", [], "junk", "127.0.0.1"), ("8.8.8.8", [], "1.1.1.1", "8.8.8.8"),
            ("::1", ["2001:db8::1"], nil, "2001:db8::1"),
        ] as [(String, [String], String?, String)])
    func clientAddress(peer: String, forwarded: [String], real: String?, expected: String) {
        let addresses = Configuration().clientAddress
        #expect(addresses.resolve(peer: peer, forwardedFor: forwarded, realIP: real) == expected)
    }

    @Test("without a trusted proxy, headers are ignored")
    func noProxies() {
        let addresses = ClientAddress(trusted: [])
        #expect(addresses.resolve(peer: "127.0.0.1", forwardedFor: ["1.1.1.1"], realIP: "2.2.2.2") == "127.0.0.1")
    }

    @Test("the limiter counts accepted requests per address in a sliding window; refused ones do not count")
    func limiter() {
        let limiter = RateLimiter(limit: 2, seconds: 10)
        func accepts(_ address: String, at second: UInt64) -> Bool {
            limiter.accepts(address, now: (100 + second) * 1_000_000_000)
        }
        #expect(accepts("a", at: 0) && accepts("a", at: 4))
        #expect(!accepts("a", at: 5) && !accepts("a", at: 9))
        #expect(accepts("b", at: 9))
        #expect(accepts("a", at: 10))
        #expect(!accepts("a", at: 13))
        #expect(accepts("a", at: 14))
        let open = RateLimiter(limit: 0, seconds: 10)
        for _ in 0..<100 { #expect(open.accepts("a", now: 1)) }
    }

    @Test("the limiter still counts correctly after many windows")
    func manyWindows() {
        let limiter = RateLimiter(limit: 3, seconds: 1)
        for window in 1...200 as ClosedRange<UInt64> {
            let accepted = (0..<5).filter { _ in limiter.accepts("a", now: window * 1_000_000_000) }
            #expect(accepted.count == 3)
        }
    }

    @Test("keys are new each time and have one-api's format")
    func keys() {
        let keys = (0..<100).map { _ in RandomText.tokenKey() }
        #expect(Set(keys).count == 100)
        for key in keys {
            #expect(key.utf8.count == 48 && key.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber) })
        }
    }

    @Test("a secret is not printed in any way")
    func secret() {
        struct Holder { let key = Secret("hidden") }
        var dumped = ""
        dump(Holder(), to: &dumped)
        for text in ["\(Secret("hidden"))", "\(Holder())", String(reflecting: Holder()), dumped] {
            #expect(!text.contains("hidden"))
        }
    }
}
