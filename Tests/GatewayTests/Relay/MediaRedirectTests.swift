import Chat
import EventLoop
import HTTP
import JSON
import Synchronization
import TestTraits
import Testing

@testable import Gateway

/// Images that lie behind redirects, as those of shops and caches do.
@Suite(.inTurn) struct MediaRedirectTests {
    private static let png: [UInt8] = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]
    private static let answer = #"{"candidates":[{"content":{"parts":[{"text":"seen"}]},"finishReason":"STOP"}]}"#

    @Test(
        "an image behind up to three redirects reaches the provider inline, by each status that redirects",
        arguments: [301, 302, 303, 307, 308])
    func follows(status: Int) async throws {
        var configuration = Configuration()
        configuration.allowsPrivateMedia = true
        let fixture = try await GatewayFixture(configuration) { call in
            let step = Int(call.path.dropFirst()) ?? -1
            switch step {
            case 0: return .whole(HTTPResponse(headers: ["Content-Type": "text/plain"], body: Self.png))
            case 1...:
                let headers: HTTPHeaders = ["Location": "/\(step - 1)", "Content-Type": "text/html"]
                return .whole(HTTPResponse(status: status, headers: headers, body: Array("<html>moved".utf8)))
            default:
                return .whole(
                    HTTPResponse(headers: ["Content-Type": "application/json"], body: Array(Self.answer.utf8)))
            }
        }
        try fixture.addChannel(["type": 24, "models": "gemini-2.5-flash"])
        let image: JSON = [
            "type": "image_url", "image_url": ["url": .string("http://127.0.0.1:\(fixture.upstream.port)/3")],
        ]
        let answer = try fixture.chat([
            "model": "gemini-2.5-flash", "messages": [["role": "user", "content": [image]]],
        ])
        #expect(answer.status == 200, "\(answer.body)")
        #expect(fixture.upstream.calls.dropLast().map(\.path) == ["/3", "/2", "/1", "/0"])
        let part = fixture.upstream.calls.last?.json["contents"]?[0]?["parts"]?[0]
        #expect(part?["inlineData"] == ["mimeType": "image/png", "data": "iVBORw0KGgo="])
    }

    /// Fetches an address over answers from memory.
    /// - Returns: what went wrong, and what was asked for.
    private static func fetch(
        _ address: String, timeout: Duration = .seconds(30),
        _ answer: @escaping @Sendable (UpstreamRequest) throws(TransportError) -> InMemoryTransport.Answer
    ) async throws -> (problem: String?, asked: [UpstreamRequest]) {
        var configuration = Configuration()
        configuration.userContentTimeout = timeout
        let fixture = try await GatewayFixture(configuration)
        let asked = Asked()
        let transport = InMemoryTransport { request throws(TransportError) in
            asked.list.withLock { $0.append(request) }
            return try answer(request)
        }
        let services = try await fixture.services(transport: transport, configuration)
        let loops = EventLoopGroup(count: 1)
        try loops.start()
        defer { loops.stop() }
        let problem = await Task(executorPreference: loops.loops[0]) { () -> String? in
            do throws(MediaProblem) {
                let fetcher = MediaFetcher(services: services, user: 7)
                let media = try await fetcher.fetch(address, "x", UpstreamCall(), MediaHold(services.media))
                return media == .base64(type: "image/png", data: "iVBORw0KGgo=") ? nil : "another image"
            } catch { return error.message }
        }.value
        return (problem, asked.list.withLock { $0 })
    }

    private final class Asked: Sendable { let list = Mutex<[UpstreamRequest]>([]) }

    static let ways: [(locations: [String: String], reason: String?, asked: Int)] = [
        (["https://a.test/": "https://b.test/1", "https://b.test/1": "/2", "https://b.test/2": "3"], nil, 4),
        (
            ["https://a.test/": "/1", "https://a.test/1": "/2", "https://a.test/2": "/3", "https://a.test/3": "/4"],
            "its address redirects more than 3 times", 4
        ),
        (
            ["https://a.test/": "https://b.test/", "https://b.test/": "https://a.test/"],
            "its address redirects in a circle", 2
        ),
        (["https://a.test/": ""], "its address redirects in a circle", 1),
        (["https://a.test/": "https://me:word@b.test/"], nil, 2),
        (["https://a.test/": "http://b.test/"], "its address redirects from https to http", 1),
        (["https://a.test/": "ftp://b.test/a.png"], "its address redirects to no http or https address", 1),
        (["https://a.test/": "file:///etc/passwd"], "its address redirects to no http or https address", 1),
    ]

    @Test("each step is judged, and a wrong one is told precisely", arguments: ways)
    func steps(locations: [String: String], reason: String?, asked: Int) async throws {
        let (problem, requests) = try await Self.fetch("https://a.test/") { request throws(TransportError) in
            guard let location = locations[request.url] else { return InMemoryTransport.Answer(pieces: [Self.png]) }
            return InMemoryTransport.Answer(status: 302, headers: ["Location": location], pieces: [Array("x".utf8)])
        }
        #expect(problem == reason.map { "The image of 'x' could not be fetched: \($0)." })
        #expect(requests.count == asked)
        // The guard, the turn of its user and no credentials, at every step.
        for request in requests {
            #expect(request.reachesPublicAddressesOnly && request.owner == 7 && request.method == .get)
            #expect(!request.url.contains("word") && request.headers["Authorization"] == nil)
        }
    }

    @Test("a redirect from http to https is followed, one into the gateway's own network is not reached")
    func guarded() async throws {
        let (problem, requests) = try await Self.fetch("http://a.test/") { request throws(TransportError) in
            switch request.url {
            case "http://a.test/":
                return InMemoryTransport.Answer(status: 301, headers: ["Location": "https://a.test/b"], pieces: [])
            case "https://a.test/b":
                return InMemoryTransport.Answer(
                    status: 301, headers: ["Location": "https://169.254.169.254/"], pieces: [])
            default: throw .connectFailed("Couldn't connect to server")
            }
        }
        #expect(problem == "The image of 'x' could not be fetched: its server cannot be reached.")
        #expect(requests.map(\.url) == ["http://a.test/", "https://a.test/b", "https://169.254.169.254/"])
    }

    @Test("all steps together have the time and the size of one image")
    func budget() async throws {
        let (problem, requests) = try await Self.fetch("https://a.test/0") { request throws(TransportError) in
            let step = Int(request.url.dropFirst(15)) ?? 0
            guard step < 3 else { return InMemoryTransport.Answer(pieces: [Self.png]) }
            return InMemoryTransport.Answer(
                status: 302, headers: ["Location": "/\(step + 1)"], pieces: [[UInt8](repeating: 0, count: 1 << 20)])
        }
        #expect(problem == nil && requests.count == 4)
        let times = requests.compactMap(\.limits.total)
        #expect(
            times.count == 4 && times.allSatisfy { $0 <= .seconds(30) } && zip(times, times.dropFirst()).allSatisfy(>))
        let (late, asked) = try await Self.fetch("https://a.test/0", timeout: .zero) { _ throws(TransportError) in
            InMemoryTransport.Answer(pieces: [Self.png])
        }
        #expect(late == "The image of 'x' could not be fetched: it did not come in time." && asked.isEmpty)
    }
}

extension GatewayFixture {
    /// The gateway's parts with another way to upstreams.
    fileprivate func services(transport: any Transport, _ configuration: Configuration) async throws -> Services {
        try await Services(
            configuration: configuration, database: database, ledger: services.ledger, options: services.options,
            transport: transport, log: services.log)
    }
}
