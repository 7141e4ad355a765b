import Database
import EventLoop
import HTTP
import JSON
import TestKit
import TestTraits
import Testing

@testable import Gateway

/// Large bodies and answers of management calls.
@Suite(.inTurn) struct ManagementSizeTests {
    private static let long = String(repeating: "x", count: 100_000)

    @Test("callers who are not authenticated may send 64 KiB, and others more")
    func strangers() async throws {
        let gateway = try await ManagedGateway()
        func logIn(_ length: Int) throws -> Int {
            let body: JSON = ["username": "root", "password": .string(String(repeating: "x", count: length))]
            return try gateway.send("POST", "/api/user/login", body, headers: []).status
        }
        #expect(try logIn(60_000) == 200)
        #expect(try logIn(70_000) == 413)
        try gateway.data("PUT", "/api/option/", ["key": "About", "value": .string(Self.long)])
        #expect(try gateway.send("GET", "/api/status", ["a": .string(Self.long)], headers: []).status == 413)
    }

    @Test("while a large body is read or a large answer is written, other clients of the same loop are served")
    func othersGoOn() async throws {
        var configuration = Configuration.quiet
        configuration.bodyWork.threads = 1
        let gateway = try await ManagedGateway(configuration)
        let (pool, port) = (gateway.gateway.services.bodies, gateway.gateway.port)
        func whileBlocked(_ method: String, _ path: String, _ body: JSON? = nil) async throws -> ManagedAnswer {
            let gate = WorkerGate()
            let blocked = Task(executorPreference: TestThreads.shared) {
                await pool.runCertainly(of: 99) { gate.wait() }
            }
            #expect(try await becomesTrue { pool.running == 1 })
            let large = InBackground { try ManagedGateway.send(port, method, path, body?.encoded(), nil) }
            #expect(try await becomesTrue { pool.waiting == 1 })
            #expect(try gateway.send("GET", "/api/notice").status == 200)
            gate.open()
            await blocked.value
            return try await large.result()
        }
        let change: JSON = ["key": "About", "value": .string(Self.long)]
        #expect(try await whileBlocked("PUT", "/api/option/", change).json["success"] == true)
        #expect(try await whileBlocked("GET", "/api/about").json["data"]?.string == Self.long)
    }

    @Test("a large answer is packed for clients that accept it, and a small one is not")
    func packed() async throws {
        let gateway = try await ManagedGateway()
        try gateway.data("PUT", "/api/option/", ["key": "About", "value": .string(Self.long)])
        let answer = try gateway.send("GET", "/api/about", headers: ["Accept-Encoding: gzip"])
        #expect(answer.headers["Content-Encoding"] == "gzip" && answer.body.count < 10_000)
        let small = try gateway.send("GET", "/api/notice", headers: ["Accept-Encoding: gzip"])
        #expect(small.headers["Content-Encoding"] == nil && small.json["success"] == true)
    }

    @Test("an answer's weight comes from its texts, its names and the number of its values")
    func weight() {
        #expect(!(["a": 1, "b": ["c", true]] as JSON).isHeavier(than: 100))
        #expect(JSON.string(Self.long).isHeavier(than: 99_999))
        #expect(!JSON.string(Self.long).isHeavier(than: 100_100))
        #expect(JSON.array(Array(repeating: .null, count: 1000)).isHeavier(than: 7000))
        #expect((["a": ["b": .array([.string(Self.long)])]] as JSON).isHeavier(than: 90_000))
        #expect(JSON.object([Self.long: 1]).isHeavier(than: 90_000))
        #expect("é".hasAtMost(1) && !"éé".hasAtMost(1) && "👍👍".hasAtMost(2) && !Self.long.hasAtMost(100))
    }
}
