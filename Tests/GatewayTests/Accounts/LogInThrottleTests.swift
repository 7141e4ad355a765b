import JSON
import TestTraits
import Testing

@testable import Gateway

@Suite(.inTurn) struct LogInThrottleTests {
    private let second: UInt64 = 1_000_000_000

    @Test("failed log-ins count per account, from whatever address, and are forgotten after twenty minutes")
    func account() {
        let throttle = LogInThrottle()
        func permits(_ address: String, at time: UInt64) -> Bool {
            throttle.permits(account: 7, name: "alice", address: address, now: (10_000 + time) * second)
        }
        for number in 0..<20 { #expect(permits("a\(number)", at: UInt64(number))) }
        #expect(!permits("b", at: 30) && !permits("c", at: 1199))
        #expect(throttle.permits(account: 8, name: "bob", address: "b", now: 10_030 * second))
        #expect(permits("d", at: 1200))
        #expect(!permits("d", at: 1200))
    }

    @Test("an account that is locked for strangers stays open for addresses that logged in before")
    func owner() {
        let throttle = LogInThrottle()
        func permits(_ address: String) -> Bool {
            throttle.permits(account: 7, name: "alice", address: address, now: 10_000 * second)
        }
        #expect(permits("home"))
        throttle.succeeded(account: 7, address: "home")
        for _ in 0..<20 { #expect(permits("stranger")) }
        #expect(!permits("stranger") && !permits("elsewhere"))
        for _ in 0..<100 { #expect(permits("home")) }
        throttle.succeeded(account: 7, address: "home")
        #expect(!permits("stranger"))
        for number in 0..<8 { throttle.succeeded(account: 7, address: "new\(number)") }
        for _ in 0..<20 { _ = permits("stranger") }
        #expect(!permits("home") && permits("new0") && permits("new7"))
    }

    @Test("a log-in with the right password does not count")
    func success() {
        let throttle = LogInThrottle()
        for number in 0..<100 {
            #expect(throttle.permits(account: 7, name: "a", address: "x\(number)", now: 10_000 * second))
            throttle.succeeded(account: 7, address: "x\(number)")
        }
    }

    @Test("unknown names are throttled like known ones, and lock no account")
    func unknownNames() {
        let throttle = LogInThrottle()
        for _ in 0..<20 {
            #expect(throttle.permits(account: nil, name: "nobody", address: "a", now: 10_000 * second))
        }
        #expect(!throttle.permits(account: nil, name: "nobody", address: "b", now: 10_000 * second))
        #expect(throttle.permits(account: 7, name: "nobody", address: "b", now: 10_000 * second))
        // Names of one character in hundreds of bytes, which begin alike: only the beginning is kept.
        for number in 0..<20 {
            let name = "e" + String(repeating: "\u{301}", count: 100 + number)
            #expect(throttle.permits(account: nil, name: name, address: "c", now: 10_000 * second))
        }
        let next = "e" + String(repeating: "\u{301}", count: 200)
        #expect(!throttle.permits(account: nil, name: next, address: "c", now: 10_000 * second))
        let long = String(repeating: "x", count: 1 << 20)
        #expect(throttle.permits(account: nil, name: long, address: "a", now: 10_000 * second))
    }

    @Test("after twenty failed log-ins from many addresses, more are refused without checking the password")
    func distributed() async throws {
        var configuration = Configuration()
        configuration.apiRateLimit = 0
        let gateway = try await ManagedGateway(configuration)
        func logIn(_ password: String, from address: Int) throws -> ManagedAnswer {
            try gateway.send(
                "POST", "/api/user/login", ["username": "root", "password": .string(password)],
                headers: ["X-Forwarded-For: 203.0.113.\(address)"])
        }
        #expect(try logIn("123456", from: 200).cookie != nil)
        for address in 0..<20 { #expect(try logIn("wrong password", from: address).status == 200) }
        let refused = try logIn("123456", from: 21)
        #expect(refused.status == 429 && refused.json["success"] == false && refused.cookie == nil)
        #expect(refused.message.contains("too many failed log-ins"))
        #expect(try logIn("123456", from: 200).cookie != nil)
    }
}
