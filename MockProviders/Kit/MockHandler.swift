import EventLoop
import HTTP
import JSON
import Synchronization

/// Serves one request: reads it, finds the provider, writes the journal, asks for the answer, applies faults and sends.
struct MockHandler: RequestHandler {
    let state: MockState
    private static let bodyLimit = 64 << 20

    func respond(to request: ServerRequest, with writer: consuming ResponseWriter) async {
        var body: [UInt8] = []
        var problem: BodyError?
        do throws(BodyError) { body = try await request.body(limit: Self.bodyLimit) } catch { problem = error }
        if request.path.hasPrefix("/_mock") {
            return await writer.send(ControlAPI(state: state).answer(request, body: body))
        }
        for entry in state.providers where request.path.hasPrefix(entry.prefix) {
            let route = String(request.path.dropFirst(entry.prefix.count))
            let parser = request.loop.local(ParserBox.self) { ParserBox() }.parser
            let (answer, delivery) = prepare(entry.provider, route, request, body, problem, parser)
            return await delivery.send(answer, for: request, with: writer)
        }
        state.journal.record(request, body: body, model: nil, key: nil)
        await writer.send(request.path == "/" ? greeting : Self.notFound(request.path))
    }

    /// Makes the whole answer. It never suspends, because it holds views into the parser's document.
    private func prepare(
        _ provider: any Provider, _ route: String, _ request: ServerRequest, _ body: [UInt8], _ problem: BodyError?,
        _ parser: JSONParser
    ) -> (Answer, Delivery) {
        var call = Call(
            method: request.method.name, path: request.path, route: route, query: request.query,
            headers: request.headers, body: body, content: content(of: request, body, problem, parser),
            ids: state.identifiers(for: body))
        call.identity = provider.identity(of: call)
        state.journal.record(request, body: body, model: call.identity.model, key: call.identity.key)
        let fault = fault(for: call)
        call.usage = fault?.usage ?? .none
        let pace = state.pace.withLock { $0 }
        let delivery = Delivery(
            ledger: state.ledger, pace: pace, fault: fault, failureEvent: provider.midStreamFailure)
        if let instead = replacement(for: fault, provider, call) { return (instead, delivery) }
        if call.method == "POST" {
            call.script =
                state.scripts.take(path: call.path, identity: call.identity) ?? state.standing.withLock { $0 }
        }
        return (provider.answer(call), delivery)
    }

    private func content(
        of request: ServerRequest, _ body: [UInt8], _ problem: BodyError?, _ parser: JSONParser
    ) -> Call.Content {
        switch problem {
        case .tooLarge: return .tooLarge
        case .some: return .badJSON(.invalid("The body could not be read."))
        case nil: break
        }
        if body.isEmpty { return .none }
        let isForm = request.headers.withValue(of: "Content-Type") { $0.starts(with: "multipart/".utf8) } ?? false
        if isForm {
            do throws(MultipartError) {
                return .form(try MultipartForm(body, contentType: request.headers["Content-Type"] ?? ""))
            } catch { return .badForm(error.message) }
        }
        do throws(JSONError) { return .json(try parser.parse(body)) } catch { return .badJSON(error) }
    }

    private func fault(for call: Call) -> Fault? {
        let queued = state.faults.take(path: call.path, identity: call.identity)
        let byKey = call.identity.key.flatMap { Fault(name: $0) }
        let byModel = call.identity.model.flatMap { Fault(name: $0) }
        return [byKey, byModel, queued].compactMap { $0 }.reduce(nil) { sum, next in sum?.joined(with: next) ?? next }
    }

    private func replacement(for fault: Fault?, _ provider: any Provider, _ call: Call) -> Answer? {
        switch fault?.instead {
        case .error(let name): return provider.failure(named: name, call: call)
        case .raw(let status, let fields, let body):
            var headers: HTTPHeaders = ["content-type": "application/json"]
            for field in fields { headers.set(field.name, field.value) }
            return Answer(status: status, headers: headers, body: .whole(body))
        case .html(let name):
            var random = call.ids.random
            let host = call.headers["Host"] ?? "api.example.test"
            guard let page = CloudflarePage(name: name, host: host, random: &random) else { return nil }
            return Answer(
                status: name == "200" ? 200 : page.status, headers: page.headers, body: .whole(page.body))
        case .empty: return Answer(headers: ["content-type": "application/json"], body: .whole([]))
        default: return nil
        }
    }

    /// Lists the paths that the mock serves.
    private var greeting: HTTPResponse {
        let places = state.providers.map { $0.prefix + "\n" }.joined()
        return HTTPResponse(
            headers: ["content-type": "text/plain; charset=utf-8"],
            body: Array("MockProviders. The control API is under /_mock, the providers under\n\(places)".utf8))
    }

    private static func notFound(_ path: String) -> HTTPResponse {
        let error: JSON = ["error": ["message": .string("MockProviders has nothing at \(path)")]]
        return HTTPResponse(status: 404, headers: ["content-type": "application/json"], body: error.encoded())
    }
}

/// The parser of this event loop.
private final class ParserBox {
    let parser = JSONParser()
}
