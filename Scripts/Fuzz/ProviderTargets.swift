import Chat
import Formats
import HTTP
import JSON
import Providers
import TestKit

/// All files of one kind in the fixtures of every provider.
func fixtures(_ folder: String, _ file: String) -> [[UInt8]] {
    Fixture.folders(folder + "/chat").compactMap { Fixture.bytes("\(folder)/chat/\($0)/\(file)") }
}

/// The folders of fixtures, and a channel type that its provider serves.
private let providers: [(folder: String, type: Int)] = [
    ("OpenAI", 1), ("Azure", 3), ("Anthropic", 14), ("Gemini", 24), ("Zhipu", 16), ("Ali", 17), ("AliBailian", 49),
    ("Baidu", 15), ("BaiduV2", 47), ("PaLM", 11),
]

/// A provider's streams: every split gives the same events, there is always an end, and no count is below zero.
struct StreamTarget: FuzzTarget {
    let name: String
    let samples: [[UInt8]]
    let provider: any Provider

    static func all() -> [any FuzzTarget] {
        providers.compactMap { folder, type in
            let found = fixtures(folder, "stream.sse")
            guard let provider = ProviderRegistry.provider(of: type), !found.isEmpty else { return nil }
            return StreamTarget(name: "\(folder)'s streams", samples: found, provider: provider)
        }
    }

    func check(_ input: [UInt8], _ generator: inout Generator) -> String? {
        let whole = events([input], provider)
        guard events(generator.split(input), provider) == whole else { return "other events in pieces" }
        return complaint(about: whole)
    }

    private func events(_ pieces: [[UInt8]], _ provider: some Provider) -> [ChatEvent] {
        var decoder = provider.decoder()
        var events: [ChatEvent] = []
        for piece in pieces { decoder.feed(piece, into: &events) }
        decoder.finish(isCleanEnd: true, into: &events)
        return events
    }
}

/// A provider's whole answers, good and bad: they give events, or a failure with the status of an error.
struct AnswerTarget: FuzzTarget {
    let name: String
    let samples: [[UInt8]]
    let provider: any Provider
    private let parser = JSONParser()

    static func all() -> [any FuzzTarget] {
        providers.compactMap { folder, type in
            guard let provider = ProviderRegistry.provider(of: type) else { return nil }
            return AnswerTarget(
                name: "\(folder)'s answers", samples: fixtures(folder, "response.json"), provider: provider)
        }
    }

    func check(_ input: [UInt8], _ generator: inout Generator) -> String? {
        let status = [200, 301, 400, 401, 404, 429, 500, 503, 529, 600, 999][generator.below(11)]
        let failure = provider.failure(status: status, headers: HTTPHeaders(), body: input, parser: parser)
        if let complaint = complaint(about: failure) { return complaint }
        do throws(UpstreamFailure) {
            return complaint(about: try provider.decode(input, status: 200, contentType: "application/json"))
        } catch {
            return complaint(about: error)
        }
    }
}

/// A client's requests: every provider refuses them or turns them into JSON that can be read again.
struct RequestTarget: FuzzTarget {
    let name = "chat requests"
    let samples = providers.flatMap { fixtures($0.folder, "request.json") }
    private let all = ProviderRegistry.all

    func check(_ input: [UInt8], _ generator: inout Generator) -> String? {
        guard let request = try? OpenAIRequestDecoder.decode(input) else { return nil }
        for provider in all {
            let channel = ProviderChannel(
                type: provider.descriptor.channelTypes.first ?? 0, baseURL: "http://a", key: "id.secret")
            guard
                let sent = try? provider.encode(
                    request, for: ProviderCall(channel: channel, model: "m", accessToken: "t"))
            else { continue }
            if (try? JSON.parse(sent.body)) == nil { return "\(provider.descriptor.name) is sent no JSON" }
        }
        return nil
    }
}

private func complaint(about events: [ChatEvent]) -> String? {
    events.isEmpty ? "nothing, not even a failure" : complaint(about: ChatAnswer(events).usage)
}

func complaint(about usage: Usage?) -> String? {
    guard let usage else { return nil }
    let counts = [
        usage.promptTokens, usage.completionTokens, usage.cachedTokens, usage.cacheWriteTokens, usage.reasoningTokens,
        usage.audioPromptTokens, usage.audioCompletionTokens, usage.imagePromptTokens,
    ]
    return counts.allSatisfy { (0...Usage.most).contains($0) } ? nil : "tokens that nobody can have used: \(counts)"
}

func complaint(about failure: UpstreamFailure) -> String? {
    (400..<600).contains(failure.status) ? nil : "a failure with status \(failure.status)"
}
