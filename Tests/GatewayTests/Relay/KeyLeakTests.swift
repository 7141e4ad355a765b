import HTTP
import JSON
import TestKit
import TestTraits
import Testing

@testable import Gateway

/// Upstreams whose errors repeat the channel's key.
@Suite(.inTurn) struct KeyLeakTests {
    static let keys = [
        "0123456789abcdef0123456789abcdef", "K7LMNOPQRSTU", "a1b2c3d4e5f6.Zx9Yw8Vu7Ts6",
        "appid123|SecretId99|SecretKey+/77=",
        "access:hunter22", "ghp_AbCdEf123456", "eyJhbGci.eyJzdWIi.c2lnbmF0dXJl", "user%40host~pass9",
        "12345678901234567890",
        "sk-ant-api03-AbCdEf/GhIjKl+mN==",
    ]

    /// What must appear nowhere: the key and its long parts.
    private func secrets(_ key: String) -> [String] {
        [key] + key.split { "|.:".contains($0) }.map(String.init).filter { $0.utf8.count >= 6 }
    }

    /// All forms in which an upstream may repeat the key.
    private static func forms(_ key: String) -> String {
        let parts = key.split { "|.:".contains($0) }.joined(separator: " and ")
        return "Key \(key) of Bearer \(key), \(percentEncoded(key)), \(Base64.encode(Array(key.utf8))): \(parts)"
    }

    private func expectClean(_ text: String, _ key: String, _ place: Comment) {
        for secret in secrets(key) { #expect(!text.contains(secret), place) }
        #expect(!text.contains(Base64.encode(Array(key.utf8))), place)
    }

    @Test("their errors show the key to no client, in no log file and in no management answer", arguments: keys)
    func wholeAnswers(key: String) async throws {
        let error: JSON = [
            "error": [
                "message": .string(Self.forms(key)), "type": .string("t \(key)"), "param": .string(key),
                "code": .string(key),
                "innererror": ["code": .string(key), "content_filter_result": [key: .string(Self.forms(key))]],
            ]
        ]
        let fixture = try await GatewayFixture { call in
            .error(call.number % 2 == 0 ? 500 : 400, String(decoding: error.encoded(), as: UTF8.self))
        }
        try fixture.addChannel(["key": .string(key)])
        for status in [500, 400] {
            let answer = try fixture.chat(chatBody())
            #expect(answer.status == status)
            #expect(answer.body.contains("***"))
            expectClean(answer.body, key, "answer")
        }
        let image: JSON = ["model": "gpt-4o", "prompt": "x"]
        let picture = try fixture.call(
            "POST", "/v1/images/generations",
            headers: ["Authorization: Bearer sk-roottoken", "Content-Type: application/json"], body: image.encoded())
        #expect(picture.status == 500)
        expectClean(picture.body, key, "image")
        let test = try fixture.manage("GET", "/api/channel/test/1")
        #expect(test["success"]?.bool == false)
        expectClean(String(decoding: test.encoded(), as: UTF8.self), key, "test")
        let rows = try fixture.manage("GET", "/api/log/")
        #expect(String(decoding: rows.encoded(), as: UTF8.self).contains("***"))
        expectClean(String(decoding: rows.encoded(), as: UTF8.self), key, "log rows")
        expectClean(try await fixture.logText(with: "message=Key ***"), key, "log file")
    }

    @Test("an error during a stream does not show the key either", arguments: keys)
    func streams(key: String) async throws {
        let error: JSON = [
            "error": ["message": .string(Self.forms(key)), "type": "server_error", "code": .string(key)]
        ]
        let first = #"{"id":"c","choices":[{"index":0,"delta":{"content":"Hello"},"finish_reason":null}]}"#
        let event = String(decoding: error.encoded(), as: UTF8.self)
        let fixture = try await GatewayFixture { call in
            .stream(call.number == 0 ? [first, event] : [event], isCut: false)
        }
        try fixture.addChannel(["key": .string(key)])
        for _ in 0..<2 {
            let answer = try fixture.chat(chatBody(["stream": true]))
            #expect(answer.body.contains("Key ***"))
            expectClean(answer.body, key, "stream")
        }
        expectClean(try await fixture.logText(with: "message=Key ***"), key, "log file")
    }
}
