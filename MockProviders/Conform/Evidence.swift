import HTTP
import JSON
import MockKit
import Synchronization

/// What went over the wire in one case, for the report.
package struct Exchange: Sendable {
    var path: String
    var request: [UInt8]
    /// `nil` if no answer came.
    var answer: (status: Int, body: [UInt8])?
    /// What the upstream got for this request.
    var upstream: [JournalEntry] = []
}

/// Collects the exchanges of the case that runs.
final class Evidence: Sendable {
    private struct State {
        var exchanges: [Exchange] = []
        var targetVersion: String?
    }

    private let state = Mutex(State())
    /// Headers in which gateways name themselves and their version.
    private static let versionHeaders = ["x-litellm-version", "x-oneapi-version", "x-new-api-version", "server"]

    func asked(_ path: String, _ body: [UInt8]) {
        state.withLock { $0.exchanges.append(Exchange(path: path, request: body)) }
    }

    func answered(_ reply: Reply, upstream: [JournalEntry]) {
        state.withLock { state in
            if state.targetVersion == nil {
                for name in Self.versionHeaders where state.targetVersion == nil {
                    state.targetVersion = reply.headers[name].map { "\(name): \($0)" }
                }
            }
            guard let last = state.exchanges.indices.last else { return }
            state.exchanges[last].answer = (reply.status, reply.body)
            let seen = state.exchanges.reduce(0) { $0 + $1.upstream.count }
            state.exchanges[last].upstream = Array(upstream.dropFirst(seen))
        }
    }

    func take() -> [Exchange] {
        state.withLock { state in
            let taken = state.exchanges
            state.exchanges = []
            return taken
        }
    }

    var targetVersion: String? { state.withLock { $0.targetVersion } }
}

extension Exchange {
    var json: JSON {
        var object: JSONObject = ["path": .string(path), "request": Self.json(request)]
        object["upstream"] = .array(
            upstream.map { ["path": .string($0.path), "request": Self.json($0.body)] })
        object["answer"] = answer.map { ["status": .int($0.status), "body": Self.json($0.body)] } ?? .null
        return .object(object)
    }

    /// A body for the report: parsed if it is JSON of at most 8 KiB, else as text, cut at that length.
    private static func json(_ body: [UInt8]) -> JSON {
        let limit = 8192
        if body.count <= limit, let value = try? JSON.parse(body) { return value }
        let text = String(decoding: body.prefix(limit), as: UTF8.self)
        return .string(body.count > limit ? text + "… (\(body.count) bytes)" : text)
    }
}
