import Database
import HTTP
import JSON
import TestKit
import TestTraits
import Testing

@testable import Gateway

/// Channels whose stored key or settings are of no use: a fault of ours, and no reason not to ask the next channel.
@Suite(.inTurn) struct MisconfiguredChannelTests {
    struct Broken: Sendable, CustomTestStringConvertible {
        var type: Int64
        var key: String
        var word: String
        var config = ""
        var testDescription: String { "\(type) \(word)" }
    }

    static let all = [
        Broken(type: 1, key: "sk-cr\r", word: "control character"), Broken(type: 14, key: "sk-\n", word: "control"),
        Broken(type: 24, key: "A\u{0}", word: "control"), Broken(type: 49, key: "sk-\u{7f}", word: "control"),
        Broken(type: 23, key: "1300|SecretId99|SecretKey77", word: "AppId|SecretId|SecretKey"),
        Broken(type: 15, key: "no-bar", word: "APIKey|SecretKey"), Broken(type: 16, key: "nodot", word: "one dot"),
        Broken(type: 17, key: "sk-x", word: "X-DashScope-Plugin", config: #"{"plugin":"a\r\nX: y"}"#),
    ]

    /// A row as an older program may have left it.
    private func store(_ broken: Broken, in fixture: GatewayFixture) async throws {
        var record = ChannelRecord()
        (record.type, record.key, record.models, record.priority) = (broken.type, broken.key, "gpt-4o,m", 10)
        (record.baseURL, record.config) = ("http://127.0.0.1:\(fixture.upstream.port)", broken.config)
        let row = record
        try await fixture.database.write { _ = try $0.insert(row) }
        try await fixture.services.routing.reload()
    }

    @Test("are told as ours, by their number and without their key, and nothing is sent", arguments: all)
    func alone(broken: Broken) async throws {
        let fixture = try await GatewayFixture()
        try await store(broken, in: fixture)
        let paths = [("chat/completions", chatBody()), ("embeddings", ["model": "gpt-4o", "input": "x"])]
        for (path, body) in paths {
            let answer = try fixture.post("/v1/" + path, body.encoded())
            let error = try JSON.parse(Array(answer.body.utf8))["error"]
            #expect(answer.status == 500 && error?["code"] == "channel_misconfigured")
            let message = error?["message"]?.string ?? ""
            #expect(message.hasPrefix("Channel #1 cannot be used: ") && message.contains(broken.word), "\(message)")
            #expect(!message.contains(broken.key))
        }
        let test = try fixture.manage("GET", "/api/channel/test/1")
        #expect(test["success"] == false && test["message"]?.string?.contains(broken.word) == true)
        #expect(fixture.upstream.calls.isEmpty)
        #expect(try fixture.logCount() == 0)
    }

    @Test("are passed over for the next channel, which is no second try", arguments: all)
    func next(broken: Broken) async throws {
        let fixture = try await GatewayFixture { call in
            call.path.hasSuffix("embeddings")
                ? .whole(HTTPResponse(body: Array(#"{"data":[],"usage":{"prompt_tokens":1}}"#.utf8))) : .chat("fine")
        }
        try await store(broken, in: fixture)
        try fixture.addChannel(["key": "sk-good"])
        #expect(try fixture.chat(chatBody()).status == 200)
        #expect(try fixture.post("/v1/embeddings", Array(#"{"model":"gpt-4o","input":"x"}"#.utf8)).status == 200)
        #expect(fixture.upstream.calls.map { $0.headers["Authorization"] } == ["Bearer sk-good", "Bearer sk-good"])
    }

    @Test("an address that is none is such a fault too", arguments: ["http://x\r\nX: y", "ftp://x", "http://[::1"])
    func address(base: String) async throws {
        let fixture = try await GatewayFixture()
        var record = ChannelRecord()
        (record.type, record.key, record.models, record.priority) = (1, "sk-x", "gpt-4o", 10)
        record.baseURL = base
        let row = record
        try await fixture.database.write { _ = try $0.insert(row) }
        try await fixture.services.routing.reload()
        let alone = try fixture.chat(chatBody())
        #expect(alone.status == 500 && alone.body.contains("Channel #1") && alone.body.contains("invalid_base_url"))
        try fixture.addChannel()
        #expect(try fixture.chat(chatBody()).status == 200)
    }

    @Test("are named at the start, one line for each fault")
    func start() async throws {
        let keys = [(23, "1|2|3"), (23, "4|5|6"), (1, "sk-x\r"), (1, "sk-fine")] as [(Int64, String)]
        let gateway = try await ManagedGateway(
            seed: { connection in
                for (type, key) in keys {
                    var record = ChannelRecord()
                    (record.type, record.key, record.models) = (type, key, "m")
                    try connection.insert(record)
                }
            }, keepsLog: true)
        await gateway.shutDown()
        let log = String(decoding: readFile(gateway.directory.path + "/oneapi.log"), as: UTF8.self)
        let lines = log.split(separator: "\n").filter { $0.contains("channels cannot be used") }
        #expect(lines.count == 2)
        #expect(lines.contains { $0.contains("channels=1,2") && $0.contains("SecretKey") })
        #expect(lines.contains { $0.contains("channels=3") && $0.contains("control character") })
        #expect(!log.contains("4|5|6"))
    }
}
