import EventLoop
import HTTP

/// A server on one loop, with a handler given as a closure. It stops when the value is released.
final class ServerFixture {
    let port: Int
    let server: HTTPServer
    private let loops: EventLoopGroup

    convenience init(
        configure: (inout ServerConfiguration) -> Void = { _ in },
        _ handler: @escaping @Sendable (ServerRequest) async -> HTTPResponse
    ) throws {
        try self.init(configure: configure, handler: ClosureHandler(answer: handler))
    }

    init(configure: (inout ServerConfiguration) -> Void = { _ in }, handler: any RequestHandler) throws {
        loops = EventLoopGroup(count: 1)
        try loops.start()
        var configuration = ServerConfiguration(host: "127.0.0.1")
        configure(&configuration)
        server = HTTPServer(configuration: configuration, loops: loops, handler: handler)
        port = try server.start()
    }

    deinit { loops.stop() }

    /// Runs async code on the server's loop and waits for it there.
    func onLoop<T: Sendable>(_ body: @escaping @Sendable () async throws -> T) async throws -> T {
        try await Task(executorPreference: loops.loops[0]) { try await body() }.value
    }
}

struct ClosureHandler: RequestHandler {
    let answer: @Sendable (ServerRequest) async -> HTTPResponse

    func respond(to request: ServerRequest, with writer: consuming ResponseWriter) async {
        await writer.send(await answer(request))
    }
}

/// Answers with the request that it read.
struct EchoHandler: RequestHandler {
    var limit = 1 << 20

    func respond(to request: ServerRequest, with writer: consuming ResponseWriter) async {
        do throws(BodyError) {
            let body = try await request.body(limit: limit)
            let line = "\(request.method.name) \(request.path)?\(request.query) "
            await writer.send(HTTPResponse(body: Array(line.utf8) + body))
        } catch {
            await writer.send(HTTPResponse(status: error == .tooLarge ? 413 : 400, body: Array("\(error)".utf8)))
        }
    }
}

/// Streams as many pieces as the query's `n` says, then ends or breaks off.
struct StreamHandler: RequestHandler {
    func respond(to request: ServerRequest, with writer: consuming ResponseWriter) async {
        let count = Int(request.queryValue("n") ?? "") ?? 3
        let size = Int(request.queryValue("size") ?? "") ?? 4
        let body = await writer.startStream(status: 200, headers: ["Content-Type": "text/plain"])
        do throws(ClientGone) {
            for _ in 0..<count { try await body.write([UInt8](repeating: 0x78, count: size)) }
        } catch {
            body.abort(reset: true)
            return
        }
        if request.path == "/cut" { body.abort(reset: false) } else { await body.finish() }
    }
}
