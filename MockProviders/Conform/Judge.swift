import EventLoop
package import HTTP
import JSON
package import MockKit

/// What is judged: a gateway whose channels lead to the mock.
package struct Target: Sendable {
    /// With `/v1` or what stands for it.
    package var baseURL: String
    package var key: String
    package var model: String
    /// The model for the cases of reasoning; `nil` leaves them to `model`.
    package var reasoningModel: String?
    /// The model for the cases of a search; `nil` leaves them to `model`.
    package var searchModel: String?
    /// Models for the other endpoints; `nil` leaves their cases out.
    package var embeddingModel: String?
    package var imageModel: String?

    package init(
        baseURL: String, key: String, model: String, reasoningModel: String? = nil, searchModel: String? = nil,
        embeddingModel: String? = nil, imageModel: String? = nil
    ) {
        self.baseURL = baseURL
        self.key = key
        self.model = model
        self.reasoningModel = reasoningModel
        self.searchModel = searchModel
        self.embeddingModel = embeddingModel
        self.imageModel = imageModel
    }

    /// The base without slashes at its end.
    var root: Substring { baseURL[...].trimmingSuffix(while: { $0 == "/" }) }
}

extension Substring {
    fileprivate func trimmingSuffix(while isUnwanted: (Character) -> Bool) -> Substring {
        guard let last = lastIndex(where: { !isUnwanted($0) }) else { return prefix(0) }
        return self[...last]
    }
}

/// Why a case did not pass.
enum Verdict: Error {
    /// Something did not come through, one way or the other.
    case lost(String)
    /// The target said that its provider cannot do it: an honest 400 that names the field.
    case refused(String)
    /// A value that does not change the answer's meaning was left out.
    case dropped(String)
    /// The upstream has no such thing to lose.
    case absent(String)
    /// The target's own usage is not what the upstream served.
    case billed(String)
}

/// Puts a target through cases, one after another: the mock is told what to say, the target is asked, and what the client
/// got is held against what was said, what the upstream got against what was asked.
package struct Judge: Sendable {
    let target: Target
    let mock: MockServer
    /// Where the target finds the mock, such as `http://127.0.0.1:8400`.
    let address: String
    private let transport: any Transport
    private static let limits = TransportLimits(connect: .seconds(5), firstByte: .seconds(20), total: .seconds(30))

    package init(target: Target, mock: MockServer, address: String, transport: any Transport) {
        self.target = target
        self.mock = mock
        self.address = address
        self.transport = transport
    }

    /// Runs every case. To be called on an event loop.
    package func run() async -> Report {
        var report = Report(target: target)
        // The first call may fetch a token upstream, which must not take a case's script.
        _ = try? await ask(chat("Hello."))
        for one in Case.all {
            mock.reset()
            do throws(Verdict) {
                try await one.run(self)
                report.add(one.name, .passed)
            } catch {
                switch error {
                case .lost(let what): report.add(one.name, .lost(what))
                case .refused(let what): report.add(one.name, .refused(what))
                case .dropped(let what): report.add(one.name, .dropped(what))
                case .absent(let what): report.add(one.name, .absent(what))
                case .billed(let what): report.add(one.name, .billed(what))
                }
            }
        }
        mock.reset()
        return report
    }

    // MARK: Asking

    /// A chat with one user message and whatever else the case wants.
    func chat(_ text: String, _ more: JSONObject = [:]) -> JSONObject {
        var body: JSONObject = [
            "model": .string(target.model), "messages": [["role": "user", "content": .string(text)]],
        ]
        for member in more.members { body[member.key] = member.value }
        return body
    }

    func ask(_ body: JSONObject, at path: String = "/chat/completions") async throws(Verdict) -> Reply {
        let request = UpstreamRequest(
            url: target.root + path,
            headers: ["Content-Type": "application/json", "Authorization": "Bearer " + target.key],
            body: JSON.object(body).encoded(), limits: Self.limits)
        let response: UpstreamResponse
        do throws(TransportError) { response = try await transport.send(request, call: UpstreamCall()) } catch {
            throw .lost("no answer: \(error)")
        }
        var bytes: [UInt8] = []
        var isWhole = true
        do throws(TransportError) {
            while let more = try await response.next() { bytes += more }
        } catch { isWhole = false }
        return Reply(status: response.status, headers: response.headers, body: bytes, isWhole: isWhole)
    }

    /// A good answer in one piece.
    func answer(_ body: JSONObject) async throws(Verdict) -> JSON {
        try good(try await ask(body))
    }

    /// The body of a reply that has to be good.
    func good(_ reply: Reply) throws(Verdict) -> JSON {
        try Self.check(reply)
        guard let json = reply.json else { throw .lost("no JSON: \(reply.text.prefix(200))") }
        return json
    }

    static func check(_ reply: Reply) throws(Verdict) {
        if reply.status == 200 { return }
        let error = reply.json?["error"]
        // That a model's name is wrong is no word about what was asked.
        if reply.status == 400, let field = error?["param"]?.string, !field.isEmpty, field != "model" {
            throw .refused("\(field): \(error?["message"]?.string ?? "")")
        }
        throw .lost("status \(reply.status): \(reply.text.prefix(200))")
    }

    /// A good stream.
    func stream(_ body: JSONObject) async throws(Verdict) -> StreamReply {
        var body = body
        body["stream"] = true
        let reply = try await ask(body)
        try Self.check(reply)
        return StreamReply(reply)
    }

    // MARK: Looking at the upstream

    /// The body of the last request that the upstream got, as text.
    func arrived() throws(Verdict) -> String {
        guard let entry = mock.journal.entries.last else { throw .lost("nothing arrived upstream") }
        return String(decoding: entry.body, as: UTF8.self)
    }

    var upstreamPath: String { mock.journal.entries.last { $0.method == "POST" }?.path ?? "" }

    /// The last answer has reasoning in it, told or not.
    var servedReasoning: Bool { (mock.ledger.entries.last?.reasoningTokens ?? 0) > 0 }

    /// OpenAI tells how much was thought, and not what.
    var hidesReasoning: Bool { ["/openai", "/azure", "/v1"].contains { upstreamPath.hasPrefix($0) } }

    /// These sign what was thought, and want it back.
    var sealsReasoning: Bool { ["/anthropic", "/gemini"].contains { upstreamPath.hasPrefix($0) } }

    /// Ali's compatible mode searches, and has no place for what it found.
    var tellsPages: Bool { !upstreamPath.contains("/compatible-mode/") }

    func expectArrived(_ text: String, _ what: String) throws(Verdict) {
        guard try arrived().contains(text) else { throw .lost("\(what) did not arrive upstream") }
    }

    /// The target's usage against the mock's ledger; passes where the target reports none. What the provider does not tell
    /// has to be counted somehow.
    func expectBilled(_ usage: JSON?) throws(Verdict) {
        guard let usage, usage.object != nil else { return }
        if mock.ledger.entries.last?.tellsUsage == false {
            guard (usage["completion_tokens"]?.int ?? 0) > 0 else { throw .billed("nothing was counted") }
            return
        }
        let served = mock.ledger.total
        for (name, wanted) in [("prompt_tokens", served.promptTokens), ("completion_tokens", served.completionTokens)] {
            guard let reported = usage[name]?.int else { throw .billed("usage without \(name)") }
            guard reported == wanted else { throw .billed("\(name) is \(reported), served were \(wanted)") }
        }
    }
}

/// An answer of the target's.
struct Reply {
    let status: Int
    let headers: HTTPHeaders
    let body: [UInt8]
    /// The body came to its proper end.
    let isWhole: Bool

    var text: String { String(decoding: body, as: UTF8.self) }
    var json: JSON? { (try? JSON.parse(body)).flatMap { $0.object == nil ? nil : $0 } }
    var message: JSON? { json?["choices"]?[0]?["message"] }
}

/// A stream of the target's, put together.
struct StreamReply {
    struct Call: Equatable {
        var id = ""
        var name = ""
        var arguments = ""
    }

    private(set) var text = ""
    private(set) var reasoning = ""
    private(set) var finish: String?
    private(set) var usage: JSON?
    private(set) var calls: [Call] = []
    /// Annotations, and what stands beside the choices.
    private(set) var pages: [JSON] = []
    private(set) var isDone = false
    private(set) var error: JSON?
    private(set) var badChunks = 0

    init(_ reply: Reply) {
        var parser = SSEParser()
        var payloads: [[UInt8]] = []
        reply.body.withUnsafeBytes { parser.feed($0) { _, data in payloads.append(Array(data)) } }
        for payload in payloads {
            if payload.starts(with: "[DONE]".utf8) {
                isDone = reply.isWhole
                continue
            }
            guard let chunk = try? JSON.parse(payload), chunk.object != nil else {
                badChunks += 1
                continue
            }
            add(chunk)
        }
    }

    private mutating func add(_ chunk: JSON) {
        if let found = chunk["error"], !found.isNull { error = found }
        if let found = chunk["usage"], found.object != nil { usage = found }
        pages += chunk["search_results"]?.array ?? []
        guard let choice = chunk["choices"]?[0] else { return }
        if let word = choice["finish_reason"]?.string, !word.isEmpty { finish = word }
        text += choice["delta"]?["content"]?.string ?? ""
        reasoning += choice["delta"]?["reasoning_content"]?.string ?? ""
        pages += choice["delta"]?["annotations"]?.array ?? []
        for call in choice["delta"]?["tool_calls"]?.array ?? [] {
            guard let index = call["index"]?.int, (0..<128).contains(index) else {
                badChunks += 1
                continue
            }
            while calls.count <= Int(index) { calls.append(Call()) }
            calls[Int(index)].id += call["id"]?.string ?? ""
            calls[Int(index)].name += call["function"]?["name"]?.string ?? ""
            calls[Int(index)].arguments += call["function"]?["arguments"]?.string ?? ""
        }
    }
}
