import TestKit
import TestTraits
import Testing

@testable import HTTP

/// What a server charges to the budget for bodies that come, come slowly or do not come.
@Suite(.inTurn) struct ChargedBodyTests {
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

    @Test("what was charged in advance for a body without a length is returned at its end")
    func endedBody() throws {
        let budget = BodyBudget(limits: .init(process: 140_000, address: 0, token: 0))
        var first = BodyLease(BodyAccount(budget: budget, address: "a", token: nil))
        try first.arrived(5000, of: .max)
        #expect(budget.total == 64 << 10)
        first.ended(5000)
        #expect(budget.total == 5000)
        var second = BodyLease(BodyAccount(budget: budget, address: "b", token: nil))
        try second.arrived(70_000, of: .max)
        first.release()
        second.release()
        #expect(budget.total == 0)
    }

    @Test("refuses a body by its announced length before reading it, while unfinished bodies hold what came of them")
    func unfinishedBodies() async throws {
        let budget = BodyBudget(limits: .init(process: 0, address: 500_000, token: 0))
        let fixture = try ServerFixture(handler: Charging(budget: budget))
        var slow: [RawClient] = []
        for _ in 0..<4 {
            let client = try RawClient(port: fixture.port)
            client.send(Self.request("/", 120_000))
            client.send([UInt8](repeating: 1, count: 70_000))
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
        slow[1].send([UInt8](repeating: 1, count: 50_000))
        #expect(slow[1].receiveAnswer().body == "120000 360000")
        #expect(await eventually { budget.total == 240_000 })
    }

    /// Clients that have announced a body of this length and were told to send it, but sent nothing.
    private func announced(_ fixture: ServerFixture, _ length: Int, count: Int) throws -> [RawClient] {
        try (0..<count).map { _ in
            let client = try RawClient(port: fixture.port)
            client.send(Self.request("/", length, "Expect: 100-continue\r\n"))
            #expect(client.receive(until: "\r\n\r\n").contains("100 Continue"))
            return client
        }
    }

    @Test("clients that only announce bodies take nothing from others")
    func announcedBodies() async throws {
        let budget = BodyBudget(limits: .init(process: 500_000, address: 0, token: 0))
        let fixture = try ServerFixture(handler: Charging(budget: budget))
        let idle = try announced(fixture, 400_000, count: 8)
        #expect(budget.total == 0)
        let other = try RawClient(port: fixture.port)
        other.send(Array(Self.request("/", 400_000).utf8) + [UInt8](repeating: 1, count: 400_000))
        #expect(other.receiveAnswer().body == "400000 400000")
        for client in idle { client.hangUp() }
    }

    @Test("a body that has begun is refused if others have taken the room for its rest")
    func overtaken() async throws {
        let budget = BodyBudget(limits: .init(process: 0, address: 500_000, token: 0))
        let fixture = try ServerFixture(handler: Charging(budget: budget))
        let clients = try announced(fixture, 300_000, count: 2)
        clients[0].send([UInt8](repeating: 1, count: 200_000))
        #expect(await eventually { budget.total == 4 * BodyLease.step })
        clients[1].send([UInt8](repeating: 1, count: 200_000))
        #expect(clients[1].receiveAnswer().body == "overBudget(HTTP.BodyBudget.Scope.address)")
        #expect(await eventually { budget.total == 4 * BodyLease.step })
        clients[0].send([UInt8](repeating: 1, count: 100_000))
        #expect(clients[0].receiveAnswer().body == "300000 300000")
    }

    @Test("bodies of a few kilobytes count too")
    func smallBodies() async throws {
        let budget = BodyBudget(limits: .init(process: 0, address: 200_000, token: 0))
        let fixture = try ServerFixture(handler: Charging(budget: budget))
        let slow = try (0..<10).map { _ in
            let client = try RawClient(port: fixture.port)
            client.send(Array(Self.request("/", 20_000).utf8) + [UInt8](repeating: 1, count: 10_000))
            return client
        }
        #expect(await eventually { budget.total == 200_000 })
        let more = try RawClient(port: fixture.port)
        more.send(Array(Self.request("/", 20_000).utf8) + [UInt8](repeating: 1, count: 20_000))
        #expect(more.receiveAnswer().body == "overBudget(HTTP.BodyBudget.Scope.address)")
        for client in slow { client.hangUp() }
        #expect(await eventually { budget.total == 0 })
    }

    @Test("charges chunks as they come and the bytes that gzip unpacks to, until the request ends")
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
