import EventLoop
import HTTP
import JSON
import MockKit
import Synchronization

/// A gateway in front of the mock's OpenAI, with one fault that the judge must detect.
final class FakeGateway: RequestHandler {
    enum Habit: Sendable {
        /// Answers by itself and never asks the upstream.
        case always(HTTPResponse)
        /// Asks the upstream, and answers with something else.
        case ignoring(HTTPResponse)
        /// After a failure of the upstream, answers this many requests with 429 without asking the upstream.
        case resting(requests: Int)
        /// Answers requests that have the member with this error, without asking the upstream.
        case refusing(member: String, HTTPResponse)
        /// Changes the upstream's answer.
        case changing(@Sendable (String) -> String)
        /// Changes the client's request.
        case asking(@Sendable (String) -> String)
    }

    private let habit: Habit
    private let upstream: String
    private let transport = CurlTransport()
    private let rest = Mutex(0)

    init(_ habit: Habit, mockPort: Int) {
        self.habit = habit
        upstream = "http://127.0.0.1:\(mockPort)/openai"
    }

    func respond(to request: ServerRequest, with writer: consuming ResponseWriter) async {
        let body = (try? await request.body(limit: 64 << 20)) ?? []
        await writer.send(await answer(request, body))
    }

    private func answer(_ request: ServerRequest, _ body: [UInt8]) async -> HTTPResponse {
        switch habit {
        case .always(let response): return response
        case .refusing(let member, let response) where (try? JSON.parse(body))?[member] != nil: return response
        case .resting(let requests):
            let isResting = rest.withLock { rest in
                rest -= rest > 0 ? 1 : 0
                return rest > 0
            }
            if isResting {
                return .json(429, #"{"error":{"message":"No channel is available, try again in a while."}}"#)
            }
            let response = await forward(request, body)
            if response.status >= 429 { rest.withLock { $0 = requests } }
            return response
        case .ignoring(let other):
            _ = await forward(request, body)
            return other
        case .changing(let change):
            var response = await forward(request, body)
            response.body = Array(change(String(decoding: response.body, as: UTF8.self)).utf8)
            return response
        case .asking(let change):
            return await forward(request, Array(change(String(decoding: body, as: UTF8.self)).utf8))
        case .refusing: return await forward(request, body)
        }
    }

    private func forward(_ request: ServerRequest, _ body: [UInt8]) async -> HTTPResponse {
        var headers: HTTPHeaders = ["Content-Type": "application/json"]
        headers.add("Authorization", request.headers["Authorization"] ?? "")
        let call = UpstreamRequest(url: upstream + request.path, headers: headers, body: body)
        do {
            let response = try await transport.send(call)
            let type = response.headers["Content-Type"] ?? ""
            let status = response.status
            return HTTPResponse(
                status: status, headers: ["Content-Type": type], body: try await response.collect(limit: 64 << 20))
        } catch { return .json(502, #"{"error":{"message":"The upstream broke off."}}"#) }
    }
}

extension HTTPResponse {
    static func json(_ status: Int, _ text: String) -> HTTPResponse {
        HTTPResponse(status: status, headers: ["Content-Type": "application/json"], body: Array(text.utf8))
    }

    static let page = HTTPResponse(
        headers: ["Content-Type": "text/html"], body: Array("<html><body>Welcome</body></html>".utf8))
}
