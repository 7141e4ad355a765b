import HTTP
import JSON
import TestTraits
import Testing

@testable import Gateway

/// An image that the upstream makes in a task (spec/wire/ali.md §4). The gateway polls the task until it is done or the
/// time is over.
@Suite(.inTurn) struct ImageTaskTests {
    static let ends: [(poll: String, status: Int, code: String, answer: Int)] = [
        (#"{"request_id":"r","output":{"task_id":"t","task_status":"RUNNING"}}"#, 200, "image_task_timeout", 504),
        (#"{"request_id":"r","code":"InternalError","message":"later"}"#, 500, "InternalError", 500),
        // If a proxy answers instead, its answer says nothing about the task.
        ("<html>", 200, "bad_upstream_response", 502), (#"{"request_id":"r","outp"#, 200, "bad_upstream_response", 502),
    ]

    @Test("a task that does not end in time is reported, charged as requested, and begun only once", arguments: ends)
    func patienceEnds(poll: String, status: Int, code: String, answer: Int) async throws {
        var configuration = Configuration()
        configuration.imageTaskTimeout = .milliseconds(100)
        let fixture = try await GatewayFixture(configuration) { call in
            let isBegun = call.path.hasSuffix("/image-synthesis")
            let begun = #"{"request_id":"r","output":{"task_id":"t","task_status":"PENDING"}}"#
            return .whole(
                HTTPResponse(
                    status: isBegun ? 200 : status, headers: ["Content-Type": "application/json"],
                    body: Array((isBegun ? begun : poll).utf8)))
        }
        // A second channel and retries, which must not be used once a task has begun.
        for _ in 0..<2 { try fixture.addChannel(["type": 17, "models": "wanx2.1-t2i-turbo"]) }
        try fixture.manage("PUT", "/api/option/", ["key": "RetryTimes", "value": "3"])
        let before = try fixture.rootQuota()
        let body: JSON = ["model": "wanx2.1-t2i-turbo", "prompt": "a fox"]
        let reply = try fixture.call(
            "POST", "/v1/images/generations",
            headers: ["Authorization: Bearer sk-roottoken", "Content-Type: application/json"], body: body.encoded())
        #expect(reply.status == answer, "\(reply.body)")
        let error = try JSON.parse(Array(reply.body.utf8))["error"]
        #expect(error?["code"]?.string == code)
        #expect(error?["message"]?.string?.isEmpty == false)
        let paths = fixture.upstream.calls.map(\.path)
        #expect(paths.count { $0.hasSuffix("/image-synthesis") } == 1)
        #expect(paths.contains { $0.hasSuffix("/tasks/t") })
        // It is charged, since the upstream goes on with the task.
        let rates = fixture.services.options.snapshot.prices.rates(
            model: "wanx2.1-t2i-turbo", channelType: 17, group: "default")
        let price = ImagePrice(model: "wanx2.1-t2i-turbo", count: 1, size: nil, quality: nil)
        #expect(try fixture.rootQuota() == before - rates.quota(for: price))
        #expect(try fixture.logCount() == 1)
        // Clients pay for such tasks, so if they repeat, the channel's breaker opens and others are asked first.
        let channels = [Int64(1), 2].compactMap { fixture.services.routing.table.channel($0) }
        #expect(!channels.contains { $0.health.isOpen(at: 1) })
        for _ in 0..<12 {
            _ = try fixture.post("/v1/images/generations", body.encoded())
        }
        #expect(channels.contains { $0.health.isOpen(at: 1) })
    }
}
