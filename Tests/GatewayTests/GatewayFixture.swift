import Database
import EventLoop
import HTTP
import JSON
import Synchronization
import TestKit

@testable import Gateway

/// A gateway on real sockets with a temporary database, in front of an upstream that answers from a closure.
final class GatewayFixture {
    let directory = TemporaryDirectory()
    let gateway: GatewayServer
    let database: SQLiteDatabase
    let upstream: StubUpstream
    private let loops: EventLoopGroup
    private let log: Log

    var services: Services { gateway.services }
    var port: Int { gateway.port }

    init(
        _ base: Configuration = Configuration(), maxPages: Int? = nil, loops count: Int = 2,
        upstream answer: @escaping @Sendable (StubUpstream.Call) -> StubUpstream.Answer = { _ in
            .chat("hello there friend")
        },
        wrapping: (SQLiteDatabase) -> any Database = { $0 }
    ) async throws {
        upstream = try StubUpstream(answer)
        loops = EventLoopGroup(count: count)
        log = Log(directory: directory.path, isOneFile: true, echoes: false)
        try loops.start()
        var configuration = base
        configuration.host = "127.0.0.1"
        configuration.port = 0
        configuration.databasePath = directory.path + "/one-api.db"
        configuration.initialRootToken = Secret("roottoken")
        configuration.initialRootAccessToken = Secret("rootaccess")
        configuration.ledgerJournalSize = 4 << 20
        configuration.apiRateLimit = 0
        configuration.webRateLimit = 0
        database = try SQLiteDatabase(path: configuration.databasePath, maxPages: maxPages)
        gateway = try await GatewayServer(
            configuration: configuration, database: wrapping(database), transport: CurlTransport(), log: log,
            loops: loops)
    }

    deinit {
        loops.stop()
        log.close()
        database.close()
    }

    /// A management call as root.
    @discardableResult
    func manage(_ method: String, _ path: String, _ body: JSON? = nil) throws -> JSON {
        let answer = try call(method, path, headers: ["Authorization: rootaccess"], body: body?.encoded())
        return try JSON.parse(Array(answer.body.utf8))
    }

    /// Adds a channel to the stub upstream.
    func addChannel(_ changes: JSONObject = [:]) throws {
        var channel: JSONObject = [
            "type": 1, "name": "stub", "key": "sk-up", "base_url": .string("http://127.0.0.1:\(upstream.port)"),
            "models": "gpt-4o,gpt-4o-mini", "group": "default",
        ]
        for member in changes.members { channel[member.key] = member.value }
        let answer = try manage("POST", "/api/channel/", .object(channel))
        guard answer["success"]?.bool == true else { throw FixtureError.refused(answer["message"]?.string ?? "") }
    }

    /// A chat completion with a token's key.
    func chat(_ body: JSON, key: String = "sk-roottoken", headers: [String] = []) throws -> (
        status: Int, head: String, body: String
    ) {
        try call(
            "POST", "/v1/chat/completions",
            headers: ["Authorization: Bearer \(key)", "Content-Type: application/json"] + headers, body: body.encoded())
    }

    func call(
        _ method: String, _ path: String, headers: [String] = [], body: [UInt8]? = nil
    ) throws -> (status: Int, head: String, body: String) {
        let client = try RawClient(port: port)
        var head = "\(method) \(path) HTTP/1.1\r\nHost: test\r\nConnection: close\r\n"
        for header in headers { head += header + "\r\n" }
        if let body { head += "Content-Length: \(body.count)\r\n" }
        client.send(Array((head + "\r\n").utf8) + (body ?? []))
        let whole = client.receiveAll()
        guard let end = whole.firstRange(of: "\r\n\r\n") else { return (0, whole, "") }
        let answerHead = String(whole[..<end.lowerBound])
        let rest = String(whole[end.upperBound...])
        let isChunked = answerHead.lowercased().contains("transfer-encoding: chunked")
        return (Int(answerHead.dropFirst(9).prefix(3)) ?? 0, answerHead, isChunked ? dechunked(rest) : rest)
    }

    /// Posts a body of JSON, sent exactly as given.
    func post(
        _ path: String, _ body: [UInt8], key: String = "sk-roottoken", headers: [String] = []
    ) throws -> (status: Int, head: String, body: String) {
        try call(
            "POST", path, headers: ["Authorization: Bearer \(key)", "Content-Type: application/json"] + headers,
            body: body)
    }

    /// Makes a token for root and returns its key.
    func key(_ wishes: JSONObject = [:]) throws -> String {
        var token: JSONObject = ["name": "t", "unlimited_quota": true]
        for member in wishes.members { token[member.key] = member.value }
        guard let key = try manage("POST", "/api/token/", .object(token))["data"]?["key"]?.string else {
            throw FixtureError.refused("no token")
        }
        return key
    }
    /// The log file, once it contains the words.
    func logText(with words: String) async throws -> String {
        try await eventually { logFile.contains(words) }
        return logFile
    }

    var logFile: String { String(decoding: readFile(directory.path + "/oneapi.log"), as: UTF8.self) }

    /// The newest consume row.
    func lastLog() throws -> JSON? { try manage("GET", "/api/log/?type=2")["data"]?[0] }

    func logCount() throws -> Int { try manage("GET", "/api/log/?type=2")["data"]?.array?.count ?? -1 }

    func rootQuota() throws -> Int64 { try manage("GET", "/api/user/self")["data"]?["quota"]?.int ?? -1 }
}

enum FixtureError: Error {
    case refused(String)
    case neverHappened
}

/// Waits for something that should happen soon.
func eventually(_ isSo: () throws -> Bool) async throws {
    // Waits for a minute at most, which only a busy machine needs.
    for _ in 0..<12_000 {
        if try isSo() { return }
        try await Task.sleep(for: .milliseconds(5))
    }
    throw FixtureError.neverHappened
}

func dechunked(_ text: String) -> String {
    var decoder = ChunkedDecoder()
    var body: [UInt8] = []
    _ = Array(text.utf8).withUnsafeBytes { try? decoder.feed($0, into: &body) }
    return String(decoding: body, as: UTF8.self)
}

/// `{"model":…,"messages":[…]}` with more members.
func chatBody(_ more: JSONObject = [:], model: String = "gpt-4o") -> JSON {
    var object: JSONObject = ["model": .string(model), "messages": [["role": "user", "content": "hi"]]]
    for member in more.members { object[member.key] = member.value }
    return .object(object)
}

/// An OpenAI-like upstream for tests of the gateway alone.
final class StubUpstream {
    struct Call: Sendable {
        let number: Int
        let path: String
        let headers: HTTPHeaders
        let body: [UInt8]
        var json: JSON { (try? JSON.parse(body)) ?? .null }
    }

    enum Answer: Sendable {
        case whole(HTTPResponse)
        /// Sends the events, then ends properly or breaks off.
        case stream([String], isCut: Bool)
        case drop
        /// Waits for the gate, then answers.
        case held(StubGate, HTTPResponse)
        /// Sends the head and one byte, and the rest when the gate opens.
        case heldBody(StubGate, HTTPResponse)
        /// Sends one event, and nothing more until the gate opens.
        case stalled(StubGate, String)
        /// Sends events until the caller has disconnected.
        case endless(String)

        static func chat(
            _ text: String, usage: JSON = ["prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15]
        ) -> Answer {
            let body: JSON = [
                "id": "c1", "object": "chat.completion", "model": "m",
                "choices": [
                    ["index": 0, "message": ["role": "assistant", "content": .string(text)], "finish_reason": "stop"]
                ],
                "usage": usage,
            ]
            return .whole(HTTPResponse(headers: ["Content-Type": "application/json"], body: body.encoded()))
        }

        static func error(_ status: Int, _ body: String, type: String = "application/json") -> Answer {
            .whole(
                HTTPResponse(
                    status: status, headers: ["Content-Type": type, "Retry-After": "2"], body: Array(body.utf8)))
        }
    }

    let port: Int
    private let loops = EventLoopGroup(count: 1)
    private let handler: Handler

    var calls: [Call] { handler.calls.withLock { $0 } }
    /// How many stream events the gateway has taken.
    var eventsSent: Int { handler.events.withLock { $0 } }
    /// How many endless streams ended because the caller disconnected.
    var streamsCancelled: Int { handler.cancelled.withLock { $0 } }

    init(_ answer: @escaping @Sendable (Call) -> Answer) throws {
        try loops.start()
        handler = Handler(answer: answer)
        port = try HTTPServer(configuration: ServerConfiguration(host: "127.0.0.1"), loops: loops, handler: handler)
            .start()
    }

    deinit { loops.stop() }

    private final class Handler: RequestHandler {
        let calls = Mutex<[Call]>([])
        let events = Mutex(0)
        let cancelled = Mutex(0)
        let answer: @Sendable (Call) -> Answer

        init(answer: @escaping @Sendable (Call) -> Answer) { self.answer = answer }

        func respond(to request: ServerRequest, with writer: consuming ResponseWriter) async {
            let body = (try? await request.body(limit: 64 << 20)) ?? []
            let call = calls.withLock { calls -> Call in
                let call = Call(number: calls.count, path: request.path, headers: request.headers, body: body)
                calls.append(call)
                return call
            }
            switch answer(call) {
            case .whole(let response): await writer.send(response)
            case .drop: writer.drop(reset: true)
            case .held(let gate, let response):
                await gate.wait()
                await writer.send(response)
            case .heldBody(let gate, let response):
                let stream = await writer.startStream(
                    status: response.status, headers: response.headers, contentLength: response.body.count)
                // The head is sent with the first byte.
                try? await stream.write(Array(response.body.prefix(1)))
                await gate.wait()
                try? await stream.write(Array(response.body.dropFirst()))
                await stream.finish()
            case .stalled(let gate, let event):
                let stream = await writer.startStream(status: 200, headers: ["Content-Type": "text/event-stream"])
                try? await stream.write(Array("data: \(event)\n\n".utf8))
                await gate.wait()
                stream.abort(reset: false)
            case .endless(let event):
                let stream = await writer.startStream(status: 200, headers: ["Content-Type": "text/event-stream"])
                while (try? await stream.write(Array("data: \(event)\n\n".utf8))) != nil {
                    events.withLock { $0 += 1 }
                    await request.loop.sleep(for: .milliseconds(2))
                }
                stream.abort(reset: false)
                cancelled.withLock { $0 += 1 }
            case .stream(let pieces, let isCut):
                let stream = await writer.startStream(status: 200, headers: ["Content-Type": "text/event-stream"])
                for event in pieces {
                    try? await stream.write(Array("data: \(event)\n\n".utf8))
                    events.withLock { $0 += 1 }
                }
                if isCut { stream.abort(reset: false) } else { await stream.finish() }
            }
        }
    }
}

/// Holds answers back until a test opens it.
final class StubGate: Sendable {
    private let state = Mutex<(isOpen: Bool, waiting: [CheckedContinuation<Void, Never>])>((false, []))

    func wait() async {
        await withCheckedContinuation { continuation in
            let isOpen = state.withLock { state in
                if !state.isOpen { state.waiting.append(continuation) }
                return state.isOpen
            }
            if isOpen { continuation.resume() }
        }
    }

    func open() {
        let waiting = state.withLock { state in
            state.isOpen = true
            defer { state.waiting = [] }
            return state.waiting
        }
        for one in waiting { one.resume() }
    }
}
