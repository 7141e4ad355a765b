import Chat
import Formats
import Glibc
import HTTP
import JSON
import Providers
import TestKit
import Testing

/// One folder of `Fixtures/<Provider>/chat`: a client's request, what goes upstream, what comes back, and what the client
/// gets.
///
/// - `request.json`: the client's, in OpenAI's format.
/// - `case.json`: `{"type": channel type, "model": upstream name, "key": …, "base": …, "settings": {…}, "time": ms,
///   "token": access token, "headers": {client's own}}`, all optional but `type`; and what is expected:
///   `"url"`, `"sent_headers": {name: value}`, `"refused": field` (encoding fails), `"outcome": "complete" | "cut" | "failed"`,
///   `"failure": {status, type, code, message, kind}` (each optional), `"status"` of the upstream's answer.
///   `"ends_early": true` for a stream that gives no sign of its end before the last event.
/// - `upstream.json`: the body expected upstream. Every case that is not refused has one, unless its `case.json` says
///   `"checks": "answer"`. `UPDATE_FIXTURES=1 swift test --filter ProviderCaseTests` writes those that are missing; read
///   each against `spec/wire` before it is committed.
/// - `response.json` or `stream.sse`: what the upstream answers.
/// - `answer.json`: the whole answer that an OpenAI client sees, or that its chunks add up to (`MergedAnswer`).
struct ProviderCase: Sendable, CustomTestStringConvertible {
    let folder: String
    let request: [UInt8]
    let settings: JSON
    let upstream: JSON?
    let response: [UInt8]?
    let stream: [UInt8]?
    let answer: JSON?

    var testDescription: String { folder }

    /// The cases of every provider that has a format of its own.
    static let all: [ProviderCase] = roots.flatMap { name in
        Fixture.folders(name + "/chat").map { ProviderCase("\(name)/chat/\($0)") }
    }
    static let roots = Fixture.folders("").filter { $0 != "OpenAI" && $0 != "Tokenizer" }
    static let wholes = all.filter { $0.response != nil }
    static let streams = all.filter { $0.stream != nil }

    private init(_ folder: String) {
        self.folder = folder
        func json(_ name: String) -> JSON? { Fixture.bytes("\(folder)/\(name)").flatMap { try? JSON.parse($0) } }
        request = Fixture.bytes(folder + "/request.json") ?? []
        settings = json("case.json") ?? .null
        upstream = json("upstream.json")
        response = Fixture.bytes(folder + "/response.json")
        stream = Fixture.bytes(folder + "/stream.sse")
        answer = json("answer.json")
    }
}

extension ProviderCase {
    /// Whether the case checks only the answer, and not what goes upstream.
    var isOfAnswerOnly: Bool { settings["checks"]?.string == "answer" }
    var isRefused: Bool { settings["refused"] != nil }
    /// The provider's folder, for example `Zhipu`.
    var root: String { String(folder.prefix { $0 != "/" }) }
    var outcome: String { settings["outcome"]?.string ?? "complete" }
    var status: Int { Int(settings["status"]?.int ?? 200) }

    var provider: any Provider {
        get throws {
            guard let provider = ProviderRegistry.provider(of: Int(settings["type"]?.int ?? 0)) else {
                throw ProviderCaseError.noProvider
            }
            return provider
        }
    }

    var call: ProviderCall {
        var options: [String: String] = [:]
        for member in settings["settings"]?.object?.members ?? [] { options[member.key] = member.value.string }
        var headers = HTTPHeaders()
        for member in settings["headers"]?.object?.members ?? [] { headers.add(member.key, member.value.string ?? "") }
        let channel = ProviderChannel(
            type: Int(settings["type"]?.int ?? 0), baseURL: settings["base"]?.string ?? "",
            key: settings["key"]?.string ?? "key", settings: options)
        let time = settings["time"]?.int ?? 0
        var token = settings["token"]?.string
        if case .made(let signed)? = try? provider.tokenSource(for: channel, time: time) { token = signed.text }
        return ProviderCall(
            channel: channel, model: settings["model"]?.string ?? "", time: time, accessToken: token,
            clientHeaders: headers)
    }

    /// The events of a stream that is fed in these pieces.
    func events(_ pieces: [[UInt8]]) throws -> [ChatEvent] {
        func run(_ provider: some Provider) -> [ChatEvent] {
            var decoder = provider.decoder()
            var events: [ChatEvent] = []
            for piece in pieces { decoder.feed(piece, into: &events) }
            decoder.finish(isCleanEnd: true, into: &events)
            return events
        }
        return run(try provider)
    }
}

enum ProviderCaseError: Error { case noProvider }
