import JSON
import TestKit
import TestTraits
import Testing

@testable import Gateway

@Suite(.inTurn) struct ClientAddressTests {
    @Test(
        "an address may have a port and brackets",
        arguments: [
            ("1.2.3.4", "1.2.3.4"), ("1.2.3.4:5678", "1.2.3.4"), (" 1.2.3.4:0 ", "1.2.3.4"), ("::1", "::1"),
            ("[::1]", "::1"), ("[::1]:80", "::1"), ("[2001:db8::7]:65535", "2001:db8::7"), ("\t1.2.3.4", "1.2.3.4"),
            ("1.2.3.4:", nil), ("1.2.3.4:x", nil), ("1.2.3.4:65536", nil), ("1.2.3.4:+1", nil), ("1.2.3.4:1:2", nil),
            ("[::1]80", nil), ("[::1", nil), ("::1]", nil), ("[]:80", nil), ("[1.2.3.4]:80", nil), ("", nil),
            (":80", nil),
            ("host:80", nil), ("1.2.3:80", nil), ("[::1]]", nil), ("::ffff:1.2.3.4", "1.2.3.4"),
            ("[::FFFF:1.2.3.4]:80", "1.2.3.4"), ("2001:DB8:0::0:7", "2001:db8::7"),
        ] as [(String, String?)])
    func ports(text: String, address: String?) { #expect(ClientAddress.bare(text) == address) }

    @Test(
        "forwarded addresses with ports are read",
        arguments: [
            (["1.1.1.1:5678"], nil, "1.1.1.1"), (["6.6.6.6, [2001:db8::1]:80, 10.0.0.5:1"], nil, "2001:db8::1"),
            ([], "[2001:db8::1]:80", "2001:db8::1"), ([], "1.1.1.1:80", "1.1.1.1"), (["1.1.1.1:x"], nil, "127.0.0.1"),
        ] as [([String], String?, String)])
    func resolved(forwarded: [String], real: String?, expected: String) {
        let addresses = Configuration().clientAddress
        #expect(addresses.resolve(peer: "127.0.0.1", forwardedFor: forwarded, realIP: real) == expected)
    }

    @Test(
        "an IPv4 address mapped into IPv6 is that IPv4 address",
        arguments: [
            ("10.0.0.0/8", "::ffff:10.1.2.3", true), ("10.0.0.0/8", "::ffff:11.1.2.3", false),
            ("::ffff:10.0.0.0/104", "10.9.9.9", true), ("::ffff:10.0.0.0/104", "11.9.9.9", false),
            ("::/0", "::ffff:10.1.2.3", false), ("::1/128", "::1", true),
        ])
    func mapped(network: String, address: String, isInside: Bool) {
        #expect(Subnet(network)?.contains(address) == isInside)
    }

    @Test(
        "a malformed prefix is refused, as is one too short for an IPv4 address mapped into IPv6",
        arguments: ["::ffff:10.0.0.0/95", "10.0.0.0/٨", "::ffff:1.2.3.4/8"])
    func noNetworks(text: String) { #expect(Subnet(text) == nil) }

    @Test(
        "TRUSTED_PROXIES accepts words as well as networks",
        arguments: [
            ("loopback", ["127.0.0.1", "::1"], ["10.0.0.1", "8.8.8.8"]),
            ("private", ["10.0.0.1", "172.16.5.5", "192.168.1.1", "fd00::1"], ["127.0.0.1", "8.8.8.8"]),
            ("Loopback, PRIVATE", ["127.0.0.1", "10.0.0.1"], ["8.8.8.8"]), ("none", [], ["127.0.0.1", "10.0.0.1"]),
            ("8.8.8.0/24,loopback", ["8.8.8.8", "127.0.0.1"], ["10.0.0.1"]),
        ])
    func words(text: String, trusted: [String], others: [String]) throws {
        let command = try Configuration.parse(arguments: [], environment: ["TRUSTED_PROXIES": text])
        guard case .run(let configuration) = command else { throw UnexpectedAnswer(text: "no configuration") }
        #expect(configuration.choosesProxies)
        for address in trusted { #expect(configuration.clientAddress.isTrusted(address), "\(address)") }
        for address in others { #expect(!configuration.clientAddress.isTrusted(address), "\(address)") }
    }

    @Test(
        "addresses of one network of IPv6 share a limit, and mapped ones are addresses of IPv4",
        arguments: [
            (["2001:db8::1", "2001:db8::ffff:2", "2001:DB8:0:0:9::3"], true),
            (["2001:db8::1", "2001:db8:0:1::2", "2001:db8:0:2::3"], false),
            (["8.8.8.8", "::ffff:8.8.8.8", "[::ffff:808:808]:7"], true), (["8.8.8.1", "8.8.8.2", "8.8.8.3"], false),
        ])
    func limits(addresses: [String], isShared: Bool) async throws {
        var configuration = Configuration.quiet
        configuration.apiRateLimit = 2
        let gateway = try await ManagedGateway(configuration)
        let statuses = try addresses.map {
            try gateway.send("GET", "/api/status", headers: ["X-Forwarded-For: \($0)"]).status
        }
        #expect(statuses == [200, 200, isShared ? 429 : 200])
    }

    @Test(
        "where nobody chose the proxies, one line of the log says who is believed, and once",
        arguments: [(false, true, 1), (true, true, 0), (false, false, 0)])
    func notice(chooses: Bool, forwards: Bool, lines: Int) async throws {
        var configuration = Configuration.quiet
        configuration.choosesProxies = chooses
        let gateway = try await ManagedGateway(configuration, keepsLog: true)
        for _ in 0..<3 {
            let headers = forwards ? ["X-Forwarded-For: 203.0.113.9"] : []
            #expect(try gateway.send("GET", "/api/status", headers: headers).status == 200)
        }
        let directory = gateway.directory
        await gateway.shutDown()
        let text = String(decoding: readFile(directory.path + "/oneapi.log"), as: UTF8.self)
        let notices = text.split(separator: "\n").filter { $0.contains("TRUSTED_PROXIES") }
        #expect(notices.count == lines)
        #expect(notices.allSatisfy { $0.hasPrefix("[WARN]") && $0.contains("peer=127.0.0.1") })
        #expect(text.contains(forwards ? "203.0.113.9" : "127.0.0.1"))
    }
}
