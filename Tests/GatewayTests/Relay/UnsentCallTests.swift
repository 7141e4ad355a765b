import Glibc
import HTTP
import JSON
import TestKit
import TestTraits
import Testing

@testable import Gateway

/// A client that leaves pays only for what its upstream may have read.
@Suite(.inTurn) struct UnsentCallTests {
    private static let all: Int64 = 500_000_000_000_000

    /// A request that is passed on as it came, or is translated.
    struct Case: Sendable, CustomStringConvertible {
        let description: String
        let type: Int64
        let path: String
        let members: JSONObject
    }

    static let cases = [
        Case(description: "chat", type: 1, path: "chat/completions", members: chat),
        Case(description: "translated chat", type: 24, path: "chat/completions", members: chat),
        Case(description: "embeddings", type: 1, path: "embeddings", members: ["input": "hello"]),
        Case(description: "translated embeddings", type: 24, path: "embeddings", members: ["input": "hello"]),
        Case(description: "pictures", type: 1, path: "images/generations", members: ["prompt": "x"]),
        Case(
            description: "streamed pictures", type: 1, path: "images/generations",
            members: ["prompt": "x", "stream": true]),
        Case(description: "translated pictures", type: 17, path: "images/generations", members: ["prompt": "x"]),
    ]

    private static let chat: JSONObject = ["messages": [["role": "user", "content": "hi"]]]

    private func begin(_ fixture: GatewayFixture, _ asked: Case) throws -> RawClient {
        var members = asked.members
        members["model"] = "gpt-4o"
        let body = JSON.object(members).encoded()
        let client = try RawClient(port: fixture.port)
        client.send(
            Array(
                ("POST /v1/\(asked.path) HTTP/1.1\r\nHost: t\r\nAuthorization: Bearer sk-roottoken\r\n"
                    + "Content-Type: application/json\r\nContent-Length: \(body.count)\r\n\r\n").utf8) + body)
        return client
    }

    /// Waits until nothing is reserved any more.
    /// - Returns: the user's balance.
    private func left(_ fixture: GatewayFixture) async throws -> Int64 {
        let ledger = fixture.services.ledger
        try await eventually { ledger.availableQuota(ofUser: 1) == ledger.balance(ofUser: 1) }
        return try #require(ledger.balance(ofUser: 1))
    }

    @Test(
        "a client that leaves while the upstream connection is being made is charged nothing", arguments: cases)
    func connecting(asked: Case) async throws {
        let fixture = try await GatewayFixture()
        let silent = try SilentListener()
        try fixture.addChannel([
            "type": .int(asked.type), "base_url": .string("https://127.0.0.1:\(silent.port)"), "models": "gpt-4o",
        ])
        let client = try begin(fixture, asked)
        try await eventually { silent.hasCaller }
        #expect(fixture.services.ledger.availableQuota(ofUser: 1) != Self.all)
        client.hangUp()
        #expect(try await left(fixture) == Self.all)
        #expect(try fixture.logCount() == 0)
    }

    @Test("a client that leaves once its upstream has the request is charged for it", arguments: cases)
    func read(asked: Case) async throws {
        let gate = StubGate()
        let fixture = try await GatewayFixture { _ in .held(gate, HTTPResponse()) }
        defer { gate.open() }
        try fixture.addChannel(["type": .int(asked.type)])
        let client = try begin(fixture, asked)
        try await eventually { fixture.upstream.calls.count == 1 }
        client.hangUp()
        #expect(try await left(fixture) < Self.all)
        #expect(try fixture.logCount() == 1)
    }
}

/// A listening socket on 127.0.0.1 that accepts connections but never answers.
private final class SilentListener: Sendable {
    let port: Int
    private let descriptor: Int32

    init() throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr = in_addr(s_addr: UInt32(0x7f00_0001).bigEndian)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let socket = descriptor
        let status = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                bind(socket, pointer, length) | listen(socket, 8) | getsockname(socket, pointer, &length)
            }
        }
        port = Int(UInt16(bigEndian: address.sin_port))
        guard status == 0 else { throw FixtureError.refused("no socket") }
    }

    deinit { close(descriptor) }

    var hasCaller: Bool {
        var event = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&event, 1, 0) == 1
    }
}
