import EventLoop
import Glibc
import TestKit
import TestTraits
import Testing

@testable import HTTP

/// At which addresses a server listens, and what it calls its clients.
@Suite(.inTurn) struct AddressFamilyTests {
    private static let answerPeer: @Sendable (ServerRequest) async -> HTTPResponse = {
        HTTPResponse(body: Array($0.peerAddress.utf8))
    }

    private func peer(_ address: String, _ port: Int) -> String {
        let directory = TemporaryDirectory()
        let outcome = Shell.run("curl -sg http://\(address):\(port)/", in: directory.path)
        return String(decoding: outcome.output, as: UTF8.self)
    }

    @Test("at all addresses it is reached by both families, and a client of IPv4 has a plain address")
    func dualStack() throws {
        let fixture = try ServerFixture(configure: { $0.host = HTTPServer.allAddresses }, Self.answerPeer)
        #expect(peer("127.0.0.1", fixture.port) == "127.0.0.1")
        // A machine without IPv6 has nothing more to show.
        guard fixture.server.host == HTTPServer.allAddresses else { return }
        #expect(peer("[::1]", fixture.port) == "::1")
    }

    @Test("where there is no IPv6, all addresses are those of IPv4", arguments: [EAFNOSUPPORT, EADDRNOTAVAIL])
    func withoutIPv6(error: Int32) throws {
        let loops = EventLoopGroup(count: 2)
        try loops.start()
        defer { loops.stop() }
        let server = HTTPServer(
            configuration: ServerConfiguration(host: HTTPServer.allAddresses), loops: loops,
            handler: ClosureHandler(answer: Self.answerPeer)
        ) { host, port, isShared in host.contains(":") ? -error : HTTPServer.bindSocket(host, &port, isShared) }
        let port = try server.start()
        #expect(server.host == HTTPServer.allIPv4Addresses)
        #expect(peer("127.0.0.1", port) == "127.0.0.1")
    }

    @Test("an address that the machine does not have is an error")
    func foreignAddress() throws {
        let loops = EventLoopGroup(count: 1)
        let server = HTTPServer(
            configuration: ServerConfiguration(host: "2001:db8::1"), loops: loops,
            handler: ClosureHandler(answer: Self.answerPeer)
        ) { _, _, _ in -EADDRNOTAVAIL }
        #expect(throws: ListenError.badHost("2001:db8::1")) { try server.start() }
    }

    @Test("a port that a program of IPv4 has is in use for both families")
    func taken() throws {
        let other = try Listener(backlog: 1)
        #expect(throws: ListenError.portInUse(other.port)) {
            _ = try ServerFixture(
                configure: { ($0.host, $0.port) = (HTTPServer.allAddresses, other.port) }, Self.answerPeer)
        }
    }
}
