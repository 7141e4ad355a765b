import JSON
import TestTraits
import Testing

@testable import Gateway

@Suite(.inTurn) struct GroupWithoutRatioTests {
    @Test("a group without a ratio is charged at 1, and the log says so once")
    func once() async throws {
        let fixture = try await GatewayFixture()
        try fixture.addChannel(["group": "team"])
        try fixture.manage("PUT", "/api/user/", ["id": 1, "group": "team"])
        for _ in 0..<3 { #expect(try fixture.chat(chatBody()).status == 200) }
        #expect(try fixture.lastLog()?["quota"] == 75)
        // A request's own line is logged after the lines about it.
        try await eventually {
            fixture.logFile.split(separator: "\n").count { $0.contains("POST /v1/chat/completions") } == 3
        }
        let lines = fixture.logFile.split(separator: "\n").filter { $0.contains("a group has no ratio") }
        #expect(lines.count == 1 && lines.first?.contains("group=team") == true)
    }
}
