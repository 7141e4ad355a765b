import Chat
import EventLoop
import HTTP
import JSON
import TestTraits
import Testing

@testable import Gateway

/// Images that a client names by address. The gateway fetches them for Gemini, which accepts only bytes.
@Suite(.inTurn) struct MediaFetcherTests {
    private static let png: [UInt8] = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]
    private static let answer = #"{"candidates":[{"content":{"parts":[{"text":"seen"}]},"finishReason":"STOP"}]}"#

    /// A gateway with a Gemini channel that leads to its stub, which serves the images too.
    private static func fixture(
        isGuarded: Bool, gate: StubGate = StubGate(), timeout: Duration = .seconds(30)
    ) async throws -> GatewayFixture {
        var configuration = Configuration()
        configuration.allowsPrivateMedia = !isGuarded
        configuration.userContentTimeout = timeout
        let fixture = try await GatewayFixture(configuration) { call in
            func page(_ status: Int, _ type: String, _ body: [UInt8]) -> StubUpstream.Answer {
                .whole(HTTPResponse(status: status, headers: ["Content-Type": type], body: body))
            }
            switch call.path {
            case "/ok": return page(200, "image/png", png)
            case "/mislabelled": return page(200, "text/html", png)
            case "/pdf": return page(200, "image/png", Array("%PDF-1.4\n".utf8))
            case "/page": return page(200, "image/png", Array("<html>secret words".utf8))
            case "/empty": return page(200, "image/png", [])
            case "/missing": return page(404, "text/html", Array("secret words".utf8))
            case "/large": return page(200, "image/png", png + [UInt8](repeating: 0, count: 20 << 20))
            case "/cut": return .drop
            case "/slow": return .held(gate, HTTPResponse(body: png))
            default: return page(200, "application/json", Array(answer.utf8))
            }
        }
        try fixture.addChannel(["type": 24, "models": "gemini-2.5-flash"])
        return fixture
    }

    private static func image(_ address: String) -> JSON {
        ["type": "image_url", "image_url": ["url": .string(address)]]
    }

    /// Asks about images. They are in the second message, after a text.
    private static func ask(_ fixture: GatewayFixture, _ addresses: [String]) throws -> (status: Int, error: JSON?) {
        let parts: [JSON] = [["type": "text", "text": "What is it?"]] + addresses.map(image)
        let messages: JSON = [
            ["role": "system", "content": "Be brief."], ["role": "user", "content": .array(parts)],
        ]
        let answer = try fixture.chat(["model": "gemini-2.5-flash", "messages": messages])
        return (answer.status, try JSON.parse(Array(answer.body.utf8))["error"])
    }

    static let failures: [(path: String, reason: String)] = [
        ("/page", "is neither an image nor a PDF"), ("/empty", "is neither an image nor a PDF"),
        ("/missing", "its server answered 404"),
        ("/large", "it is larger than 20971520 bytes"), ("/cut", "its server cannot be reached"),
        ("/slow", "it did not come in time"),
    ]

    @Test("what is no image, too large, lost or late is a 400 that names the part", arguments: failures)
    func isNamed(path: String, reason: String) async throws {
        let gate = StubGate()
        let fixture = try await Self.fixture(
            isGuarded: false, gate: gate, timeout: path == "/slow" ? .milliseconds(200) : .seconds(30))
        let root = "http://127.0.0.1:\(fixture.upstream.port)"
        let (status, error) = try Self.ask(fixture, [root + "/ok", root + path])
        gate.open()
        #expect(status == 400)
        #expect(error?["param"]?.string == "messages[1].content[2].image_url.url")
        #expect(error?["type"]?.string == "invalid_request_error")
        let message = error?["message"]?.string ?? ""
        #expect(message.contains(reason), "\(message)")
        #expect(!message.contains("secret") && !message.contains("127.0.0.1"), "\(message)")
        // Gemini is not asked.
        #expect(Set(fixture.upstream.calls.map(\.path)) == ["/ok", path])
        #expect(try fixture.logCount() == 0)
    }

    @Test("the named part is the client's, even if the channel adds a system prompt")
    func channelPrompt() async throws {
        let fixture = try await Self.fixture(isGuarded: false)
        try fixture.addChannel(["type": 24, "models": "gemini-2.5-pro", "system_prompt": "Be kind."])
        let image = Self.image("http://127.0.0.1:\(fixture.upstream.port)/missing")
        let answer = try fixture.chat([
            "model": "gemini-2.5-pro", "messages": [["role": "user", "content": [image]]],
        ])
        let error = try JSON.parse(Array(answer.body.utf8))["error"]
        #expect(error?["param"]?.string == "messages[0].content[0].image_url.url")
    }

    @Test("an image's type comes from its bytes, whatever its server says, and the provider gets it inline")
    func mislabelled() async throws {
        let fixture = try await Self.fixture(isGuarded: false)
        let root = "http://127.0.0.1:\(fixture.upstream.port)"
        #expect(try Self.ask(fixture, [root + "/mislabelled"]).status == 200)
        let sent = String(decoding: try #require(fixture.upstream.calls.last).body, as: UTF8.self)
        #expect(sent.contains("iVBORw0KGgo=") && sent.contains("image/png") && !sent.contains("/mislabelled"))
    }

    @Test("a PDF behind an address is a document, but no picture that a model made")
    func document() async throws {
        let fixture = try await Self.fixture(isGuarded: false)
        let root = "http://127.0.0.1:\(fixture.upstream.port)"
        #expect(try Self.ask(fixture, [root + "/pdf"]).status == 200)
        let part = try #require(fixture.upstream.calls.last).json["contents"]?[0]?["parts"]?[1]
        #expect(part?["inlineData"] == ["mimeType": "application/pdf", "data": "JVBERi0xLjQK"])
        let (error, _) = try await Self.fetch(isGuarded: false) { fetcher, root throws(MediaProblem) in
            _ = try await fetcher.fetch(root + "/pdf", "data[0].url", UpstreamCall(), MediaHold(fetcher.services.media))
        }
        #expect(error?.message == "What 'data[0].url' leads to is no image.")
    }

    @Test(
        "invalid addresses and other schemes are refused by name",
        arguments: [
            ("ftp://127.0.0.1/x.png", "expected an http or https address"),
            ("file:///etc/passwd", "expected an http or https address"),
            ("gopher://127.0.0.1:6379/_", "expected an http or https address"),
            ("http://", "it is not a valid address"),
            ("http://[::1/x.png", "it is not a valid address"), ("https://a b/", "it is not a valid address"),
        ])
    func badAddresses(address: String, reason: String) async throws {
        let fixture = try await Self.fixture(isGuarded: false)
        let (status, error) = try Self.ask(fixture, [address])
        #expect(status == 400)
        #expect(error?["param"]?.string == "messages[1].content[1].image_url.url")
        #expect(error?["message"]?.string?.contains(reason) == true, "\(error?["message"]?.string ?? "")")
        #expect(fixture.upstream.calls.isEmpty)
    }

    @Test("the guard refuses this machine with the same words, whether or not something listens there")
    func guarded() async throws {
        let fixture = try await Self.fixture(isGuarded: true)
        let port = fixture.upstream.port
        var messages: Set<String> = []
        for address in [
            "http://127.0.0.1:\(port)/ok", "http://127.0.0.1:1/ok", "http://localhost:\(port)/ok",
            "https://localhost:\(port)/ok", "http://[::1]:\(port)/ok", "http://10.0.0.1/", "http://169.254.169.254/",
            "http://nobody.invalid/",
        ] {
            let (status, error) = try Self.ask(fixture, [address])
            #expect(status == 400, "\(address)")
            #expect(error?["param"]?.string == "messages[1].content[1].image_url.url")
            messages.insert(String(error?["message"]?.string?.prefix { $0 != "(" } ?? ""))
        }
        #expect(
            messages == [
                "The image of 'messages[1].content[1].image_url.url' could not be fetched: its server cannot be reached. "
            ])
        #expect(fixture.upstream.calls.isEmpty)
        #expect(try fixture.logCount() == 0)
    }

    /// Runs a fetcher on an event loop, and returns its error and the paths that the stub was asked for.
    private static func fetch(
        isGuarded: Bool, limits: MediaFetcher.Limits = MediaFetcher.Limits(),
        _ body: @escaping @Sendable (MediaFetcher, _ root: String) async throws(MediaProblem) -> Void
    ) async throws -> (error: RequestError?, paths: [String]) {
        let fixture = try await fixture(isGuarded: isGuarded)
        let loops = EventLoopGroup(count: 1)
        try loops.start()
        defer { loops.stop() }
        let (services, root) = (fixture.services, "http://127.0.0.1:\(fixture.upstream.port)")
        let error = await Task(executorPreference: loops.loops[0]) { () -> RequestError? in
            do throws(MediaProblem) {
                try await body(MediaFetcher(services: services, user: 0, limits: limits), root)
                return nil
            } catch {
                guard case .request(let problem) = error else { return nil }
                return problem
            }
        }.value
        return (error, fixture.upstream.calls.map(\.path))
    }

    @Test("the guard also refuses the address of an image that an upstream made")
    func guardedResult() async throws {
        let (error, paths) = try await Self.fetch(isGuarded: true) { fetcher, root throws(MediaProblem) in
            _ = try await fetcher.fetch(root + "/ok", "data[0].url", UpstreamCall(), MediaHold(fetcher.services.media))
        }
        #expect(error?.parameter == "data[0].url" && paths.isEmpty)
    }

    static let limits: [(limits: MediaFetcher.Limits, reason: String, asked: Int)] = [
        (MediaFetcher.Limits(), "", 3),
        (MediaFetcher.Limits(count: 3, request: 24), "", 3),
        (MediaFetcher.Limits(count: 2), "At most 2 images by address are fetched for a request.", 2),
        (MediaFetcher.Limits(request: 23), "the request's images are larger than 23 bytes in all", 3),
        (MediaFetcher.Limits(image: 8, request: 16), "the request's images are larger than 16 bytes in all", 3),
    ]

    @Test("a request's images, even those in tool results, are limited in number and total size", arguments: limits)
    func requestLimits(limits: MediaFetcher.Limits, reason: String, asked: Int) async throws {
        let (error, paths) = try await Self.fetch(isGuarded: false, limits: limits) {
            fetcher, root throws(MediaProblem) in
            let image = Part(.image(.url(root + "/ok"), detail: nil))
            let inline = Part(.image(.base64(type: "image/png", data: "AAAA"), detail: nil))
            let result = Part(.toolResult(ToolResult(callID: "call_1", parts: [.text("Look."), image])))
            var request = ChatRequest(
                model: "m", messages: [Message(.user, parts: [inline, image, image]), Message(.tool, parts: [result])])
            try await fetcher.inlineImages(of: &request, call: UpstreamCall(), hold: MediaHold(fetcher.services.media))
            let parts = request.messages[0].parts
            #expect(parts[0] == inline)
            #expect(parts[1].content == .image(.base64(type: "image/png", data: "iVBORw0KGgo="), detail: nil))
        }
        #expect(paths.count == asked)
        guard !reason.isEmpty else { return #expect(error == nil) }
        #expect(error?.parameter == "messages[1].content[1].image_url.url")
        #expect(error?.message.contains(reason) == true, "\(error?.message ?? "")")
    }

    @Test("one image may be as large as the limit, but not larger", arguments: [(8, true), (7, false)])
    func imageLimit(limit: Int, fits: Bool) async throws {
        let (error, _) = try await Self.fetch(
            isGuarded: false, limits: MediaFetcher.Limits(image: limit)
        ) { fetcher, root throws(MediaProblem) in
            _ = try await fetcher.fetch(root + "/ok", "x", UpstreamCall(), MediaHold(fetcher.services.media))
        }
        #expect((error == nil) == fits)
        #expect(fits || error?.message == "The image of 'x' could not be fetched: it is larger than 7 bytes.")
    }
}
