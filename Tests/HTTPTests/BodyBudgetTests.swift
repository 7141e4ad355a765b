import TestKit
import TestTraits
import Testing

@testable import HTTP

@Suite(.inTurn) struct BodyBudgetTests {
    private func lease(_ budget: BodyBudget, _ address: String = "a", token: Int64? = 1) -> BodyLease {
        BodyLease(BodyAccount(budget: budget, address: address, token: token))
    }

    @Test("counts for the token, the address and the process, and takes back what a request held")
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

    @Test("charges what a body grows by, and nothing for small ones")
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

    @Test("one body of the largest size always fits, packed and unpacked")
    func leastLimits() {
        let limits = BodyBudget.Limits(process: 10, address: 0, token: 1000).atLeast(body: 100)
        #expect(limits == BodyBudget.Limits(process: 300, address: 0, token: 1000))
        #expect(BodyBudget.Limits(process: 1, address: 1, token: 1).atLeast(body: .max).process == .max)
    }

    // MARK: On a server

    private struct Charging: RequestHandler {
        let budget: BodyBudget
        var gate: Gate?

        func respond(to request: ServerRequest, with writer: consuming ResponseWriter) async {
            let account = BodyAccount(budget: budget, address: request.peerAddress, token: nil)
            do throws(BodyError) {
                let body = try await request.body(limit: 1 << 20, account: account)
                let line = "\(body.count) \(budget.total)"
                if request.path == "/held" { await gate?.wait() }
                await writer.send(HTTPResponse(body: Array(line.utf8)))
            } catch {
                await writer.send(HTTPResponse(status: 429, body: Array("\(error)".utf8)))
            }
        }
    }

    private static func request(_ path: String, _ length: Int, _ more: String = "") -> String {
        "POST \(path) HTTP/1.1\r\nHost: a\r\nContent-Length: \(length)\r\n\(more)\r\n"
    }

    @Test("refuses a body by its announced length before it is read, while unfinished ones hold the budget")
    func unfinishedBodies() async throws {
        let budget = BodyBudget(limits: .init(process: 0, address: 500_000, token: 0))
        let fixture = try ServerFixture(handler: Charging(budget: budget))
        var slow: [RawClient] = []
        for _ in 0..<4 {
            let client = try RawClient(port: fixture.port)
            client.send(Self.request("/", 120_000))
            client.send([UInt8](repeating: 1, count: 1000))
            slow.append(client)
        }
        #expect(await eventually { budget.total == 480_000 })
        let more = try RawClient(port: fixture.port)
        more.send(Self.request("/", 120_000, "Expect: 100-continue\r\n"))
        #expect(more.receiveAnswer().body == "overBudget(HTTP.BodyBudget.Scope.address)")
        let small = try RawClient(port: fixture.port)
        small.send(Self.request("/", 2) + "hi")
        #expect(small.receiveAnswer().body == "2 480000")
        slow[0].hangUp()
        #expect(await eventually { budget.total == 360_000 })
        slow[1].send([UInt8](repeating: 1, count: 119_000))
        #expect(slow[1].receiveAnswer().body == "120000 360000")
        #expect(await eventually { budget.total == 240_000 })
    }

    @Test("charges chunks as they come and what gzip unpacks to, until the request ends")
    func growingBodies() async throws {
        let budget = BodyBudget(limits: .init(process: 600_000, address: 0, token: 0))
        let gate = Gate()
        let fixture = try ServerFixture(handler: Charging(budget: budget, gate: gate))
        let chunked = try RawClient(port: fixture.port)
        chunked.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
        let chunk = Array("8000\r\n".utf8) + [UInt8](repeating: 1, count: 0x8000) + Array("\r\n".utf8)
        for _ in 0..<40 { chunked.send(chunk) }
        #expect(chunked.receiveAnswer().body == "overBudget(HTTP.BodyBudget.Scope.process)")
        #expect(await eventually { budget.total == 0 })
        let packed = try #require(Gzip.pack([UInt8](repeating: 0, count: 900_000)))
        let bomb = try RawClient(port: fixture.port)
        bomb.send(Array(Self.request("/", packed.count, "Content-Encoding: gzip\r\n").utf8) + packed)
        #expect(bomb.receiveAnswer().body == "overBudget(HTTP.BodyBudget.Scope.process)")
        let held = try RawClient(port: fixture.port)
        held.send(Array(Self.request("/held", 300_000).utf8) + [UInt8](repeating: 0, count: 300_000))
        await gate.arrived()
        #expect(budget.total == 300_000)
        gate.open()
        #expect(held.receiveAnswer().body == "300000 300000")
        #expect(await eventually { budget.total == 0 })
    }
}
