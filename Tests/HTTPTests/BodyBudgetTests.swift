import TestTraits
import Testing

@testable import HTTP

@Suite(.inTurn) struct BodyBudgetTests {
    private func lease(_ budget: BodyBudget, _ address: String = "a", token: Int64? = 1) -> BodyLease {
        BodyLease(BodyAccount(budget: budget, address: address, token: token))
    }

    @Test("counts for the token, the address and the process, and returns what a request held")
    func scopes() throws {
        let budget = BodyBudget(limits: .init(process: 400_000, address: 300_000, token: 200_000))
        var first = lease(budget)
        try first.grow(to: 150_000)
        var second = lease(budget)
        #expect(throws: BodyError.overBudget(.token)) { try second.grow(to: 100_000) }
        var otherToken = lease(budget, token: 2)
        try otherToken.grow(to: 150_000)
        var third = lease(budget, token: 3)
        #expect(throws: BodyError.overBudget(.address)) { try third.grow(to: 100_000) }
        var elsewhere = lease(budget, "b", token: nil)
        #expect(throws: BodyError.overBudget(.process)) { try elsewhere.grow(to: 100_001) }
        try elsewhere.grow(to: 100_000)
        #expect(budget.total == 400_000)
        first.release()
        first.release()
        #expect(budget.total == 250_000)
        try second.grow(to: 150_000)
        for var lease in [second, otherToken, elsewhere] { lease.release() }
        #expect(budget.total == 0)
    }

    @Test("charges only the growth of a body, and nothing for small ones")
    func growth() throws {
        let budget = BodyBudget(limits: .init(process: 100_000, address: 0, token: 0))
        var small = lease(budget)
        try small.grow(to: BodyBudget.free)
        #expect(budget.total == 0)
        var large = lease(budget)
        try large.grow(to: 70_000)
        try large.grow(to: 60_000)
        try large.grow(to: 90_000)
        #expect(budget.total == 90_000)
        #expect(throws: BodyError.overBudget(.process)) { try large.grow(to: 100_001) }
        #expect(budget.total == 90_000)
        #expect(throws: BodyError.overBudget(.process)) { try large.grow(to: .max) }
        large.release()
        #expect(budget.total == 0)
    }

    @Test("only released large bodies count towards trimming the heap", arguments: [(60_000, 0), (90_000, 90_000)])
    func released(bytes: Int, counted: Int) throws {
        let budget = BodyBudget()
        var one = lease(budget, "a")
        try one.grow(to: bytes)
        one.release()
        #expect(budget.takeReleased() == counted)
        #expect(budget.takeReleased() == 0)
    }

    @Test("an IPv6 client counts as its /64 network, however its address is written")
    func networks() throws {
        let budget = BodyBudget(limits: .init(process: 0, address: 100_000, token: 0))
        var first = lease(budget, "2001:db8:1:2::1")
        try first.grow(to: 90_000)
        var neighbour = lease(budget, "2001:DB8:1:2:ffff:0:0:9")
        #expect(throws: BodyError.overBudget(.address)) { try neighbour.grow(to: 20_000) }
        var other = lease(budget, "2001:db8:1:3::1")
        try other.grow(to: 90_000)
        var mapped = lease(budget, "::ffff:192.0.2.1")
        try mapped.grow(to: 90_000)
        var same = lease(budget, "192.0.2.1")
        #expect(throws: BodyError.overBudget(.address)) { try same.grow(to: 20_000) }
        var next = lease(budget, "::ffff:192.0.2.2")
        try next.grow(to: 90_000)
        for var lease in [first, other, mapped, next] { lease.release() }
        #expect(budget.total == 0)
        try neighbour.grow(to: 20_000)
        neighbour.release()
    }

    @Test("one body of the largest size always fits, packed and unpacked")
    func leastLimits() {
        let limits = BodyBudget.Limits(process: 10, address: 0, token: 1000).atLeast(body: 100)
        #expect(limits == BodyBudget.Limits(process: 300, address: 0, token: 1000))
        #expect(BodyBudget.Limits(process: 1, address: 1, token: 1).atLeast(body: .max).process == .max)
    }
}
