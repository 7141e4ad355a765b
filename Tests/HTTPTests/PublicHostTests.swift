import CCurl
import EventLoop
import Glibc
import Synchronization
import TestKit
import TestTraits
import Testing

@testable import HTTP

@Suite(.inTurn) struct PublicHostTests {
    static let refused = [
        "127.0.0.1", "127.1", "2130706433", "0x7f000001", "0x7F.1", "0177.0.0.1", "0177.0.0x0.01", "127.0.0.1.",
        "0", "0.0.0.0", "10.0.0.1", "192.168.1.1", "172.16.0.1", "100.64.0.1", "169.254.169.254", "2852039166",
        "0xa9fea9fe", "0251.0376.0251.0376", "169.254.43518", "169.16689662", "[::1]", "[::]", "[::ffff:127.0.0.1]",
        "[::ffff:a9fe:a9fe]", "[::ffff:169.254.169.254]", "[::169.254.169.254]", "[64:ff9b::169.254.169.254]",
        "[64:ff9b::a9fe:a9fe]", "[2002:a9fe:a9fe::]", "[fe80::1]", "[fe80::1%25eth0]", "[fd00:ec2::254]",
        "[fc00::1]", "localhost", "LOCALHOST", "localhost.", "a.localhost", "LocalHost.LocalDomain", "router",
        "metadata",
        "printer.local", "Printer.LOCAL.", "vault.internal", "metadata.google.internal", "metadata.goog",
        "instance-data.ec2.internal", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local",
        "host.docker.internal", "wiki.corp", "nas.lan", "fritz.home", "box.home.arpa", "1.0.0.127.in-addr.arpa",
        "site.intranet", "hidden.onion", "a..example", "127.0.0.1.5", "1.2.3.256", "example.0x7f", "%6cocalhost",
        "127.0.0.%31", "\u{ff11}\u{ff12}\u{ff17}.0.0.1", "127\u{3002}0\u{3002}0\u{3002}1", "\u{24db}ocalhost",
        "user@127.0.0.1", "example.com@127.0.0.1", "example.com%40@localhost",
    ]

    @Test("a private or local host is recognised, however it is written", arguments: refused)
    func isRefused(host: String) {
        for url in ["http://\(host)/", "https://\(host):8443/a.png?b#c", "HTTP://\(host)"] {
            let verdict = PublicHost.judge(url)
            #expect(verdict == .isPrivate || verdict == .isNone, "\(url): \(verdict)")
        }
    }

    @Test(
        "a public address counts as public, and any other name must be looked up",
        arguments: [
            ("8.8.8.8", PublicHost.Verdict.isPublic), ("134744072", .isPublic), ("0x08080808", .isPublic),
            ("[2606:4700:4700::1111]", .isPublic), ("[::ffff:8.8.8.8]", .isPublic),
            ("example.com", .name("example.com")), ("Example.COM.", .name("example.com")),
            ("u:p@example.com", .name("example.com")), ("localhost.example.com", .name("localhost.example.com")),
            ("xn--bcher-kva.example", .name("xn--bcher-kva.example")), ("127.0.0.1.nip.io", .name("127.0.0.1.nip.io")),
        ])
    func isLookedUp(host: String, verdict: PublicHost.Verdict) {
        #expect(PublicHost.judge("https://\(host):8443/a.png") == verdict)
    }

    @Test("detects an invalid address", arguments: ["", "http://", "nonsense url", "http://[::1/", "http://a b/"])
    func isNone(url: String) {
        #expect(PublicHost.judge(url) == .isNone)
    }

    private static func check(
        _ url: String, _ hosts: PublicHost, of owner: Int64
    ) async throws -> Result<String?, TransportError> {
        let loops = EventLoopGroup(count: 1)
        try loops.start()
        defer { loops.stop() }
        let loop = loops.loops[0]
        return await Task(executorPreference: loop) {
            do throws(TransportError) {
                return Result.success(try await hosts.check(url, of: owner, on: loop))
            } catch { return .failure(error) }
        }.value
    }

    @Test("a user whose names never resolve gets an error in time and blocks nobody else")
    func hangingNames() async throws {
        let asked = Mutex(0)
        let gate = Gate()
        let hanging = PublicHost(limit: .milliseconds(500)) { _ in
            asked.withLock { $0 += 1 }
            for _ in 0..<60_000 where !gate.isOpen { usleep(1000) }
            return []
        }
        async let answers = withThrowingTaskGroup(of: Result<String?, TransportError>.self) { group in
            for _ in 0..<12 { group.addTask { try await Self.check("http://slow.example/", hanging, of: 7001) } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(await eventually { asked.withLock { $0 } == 2 })
        let quick = PublicHost { _ in [TestAddress.v4(8, 8, 8, 8)] }
        #expect(try await Self.check("http://a.example/", quick, of: 7002) == .success("8.8.8.8"))
        #expect(try await answers == Array(repeating: .failure(.timedOut(.connect)), count: 12))
        gate.open()
        #expect(asked.withLock { $0 } == 2)
    }

    @Test("all addresses of a name must be public, and there must be at least one")
    func resolved() async throws {
        let open = TestAddress.v4(8, 8, 8, 8)
        let closed = TestAddress.v4(10, 0, 0, 1)
        for (addresses, isPublic) in [
            ([open], true), ([open, open], true), ([], false), ([closed], false), ([open, closed], false),
            ([closed, open], false),
        ] {
            let hosts = PublicHost { _ in addresses }
            let refusal = TransportError.connectFailed("Couldn't connect to server")
            let found = try await Self.check("http://a.example/", hosts, of: 1)
            #expect(found == (isPublic ? .success("8.8.8.8") : .failure(refusal)))
        }
    }

    @Test("the system's resolver finds this machine's addresses, which are not public")
    func system() {
        let found = PublicHost.system.resolve("localhost")
        #expect(!found.isEmpty)
        for address in found { #expect(!withUnsafePointer(to: address) { PublicAddress.isPublic($0) }) }
    }
}

enum TestAddress {
    static func v4(_ bytes: UInt8...) -> sockaddr_storage {
        var storage = sockaddr_storage()
        storage.ss_family = sa_family_t(AF_INET)
        withUnsafeMutablePointer(to: &storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
                $0.pointee.sin_addr.s_addr = bytes.reduce(UInt32(0)) { $0 << 8 | UInt32($1) }.bigEndian
            }
        }
        return storage
    }
}
