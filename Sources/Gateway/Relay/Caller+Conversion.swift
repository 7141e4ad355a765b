import Chat
import Formats
import HTTP
import Providers

/// Reads answers as a whole: answers of providers with a format of their own, and answers that came whole although a
/// stream was requested, or the other way round.
extension Caller {
    /// Reads the whole answer and gives it the form that the client asked for.
    func convert(
        _ opening: AnswerOpening, of provider: any Provider, _ response: UpstreamResponse,
        _ exchange: borrowing Exchange, _ legacy: LegacyFunctions?
    ) async throws(TransportError) -> Attempt {
        let body = try await response.collect(limit: Self.answerLimit, behind: opening.bytes)
        let (status, type, isStream) = (response.status, response.headers["Content-Type"], opening.isStream)
        do throws(UpstreamFailure) {
            let events = try await services.offLoop(
                certainly: body.count, of: exchange.userID
            ) { _ throws(UpstreamFailure) in
                let events =
                    isStream ? provider.gathered(body) : try provider.decode(body, status: status, contentType: type)
                return legacy.map { events.compactMap($0.map) } ?? events
            }
            return exchange.envelope.isStream
                ? try await inOneGo(events, body.count, response, exchange)
                : .whole(try await whole(events, body.count, exchange))
        } catch { return .failed(error) }
    }

    /// The id, model and time for an answer that lacks them.
    func fallback(_ exchange: borrowing Exchange) -> AnswerHead {
        AnswerHead(id: "chatcmpl-" + context.requestID, model: exchange.model, created: context.time)
    }

    /// - Parameter received: the number of bytes of the upstream's answer.
    private func whole(
        _ events: [ChatEvent], _ received: Int, _ exchange: borrowing Exchange
    ) async throws(UpstreamFailure) -> WholeAnswer {
        let fallback = fallback(exchange)
        let imagesAsMarkdown = exchange.channel.showsImagesAsMarkdown
        let (read, text) = await services.offLoop(certainly: received, of: exchange.userID) { _ in
            let answer = ChatAnswer(events, imagesAsMarkdown: imagesAsMarkdown)
            var text: [UInt8] = []
            if answer.usage == nil { for event in events { event.appendProduced(to: &text) } }
            return (answer, text)
        }
        var answer = read
        if let failure = answer.failure { throw failure }
        if answer.usage == nil {
            // The answer reports the usage that is charged.
            var tally = exchange.tally()
            answer.add(.usage(await tally.usage(Production(text: text), services), original: nil))
        }
        let whole = answer
        let body = try await services.offLoop(
            certainly: received, of: exchange.userID
        ) { _ throws(UpstreamFailure) in try OpenAIAnswerEncoder.encode(whole, fallback: fallback) }
        return WholeAnswer(body: body, usage: whole.usage, production: Production(received: Int64(received)))
    }

    /// Turns an answer that came as a whole into a stream.
    private func inOneGo(
        _ events: [ChatEvent], _ received: Int, _ response: UpstreamResponse, _ exchange: borrowing Exchange
    ) async throws(UpstreamFailure) -> Attempt {
        let empty = TranslatedStream(
            WholeAnswerDecoder(), includesUsage: exchange.envelope.includesUsage, fallback: fallback(exchange),
            imagesAsMarkdown: exchange.channel.showsImagesAsMarkdown)
        let (stream, output) = try await services.offLoop(
            certainly: received, of: exchange.userID
        ) { _ throws(UpstreamFailure) in
            if let failure = ChatAnswer(events).failure { throw failure }
            var stream = empty
            var output: [UInt8] = []
            stream.take(events, of: received, into: &output)
            return (stream, output)
        }
        return .stream(response, .translating(stream), output: output)
    }
}

extension Channel {
    /// Whether the channel's setting puts an answer's pictures into its text, for clients that show only text.
    var showsImagesAsMarkdown: Bool { upstream.setting("images_as_markdown") == "true" }
}

/// A decoder for an answer that came as a whole. It reads nothing more.
private struct WholeAnswerDecoder: AnswerDecoder {
    let isOver = true

    mutating func feed(_ bytes: [UInt8], into events: inout [ChatEvent]) {}
    mutating func finish(isCleanEnd: Bool, into events: inout [ChatEvent]) {}
}

extension Provider {
    /// The events of a whole stream.
    fileprivate func gathered(_ body: [UInt8]) -> [ChatEvent] {
        var decoder = decoder()
        var events: [ChatEvent] = []
        decoder.feed(body, into: &events)
        decoder.finish(isCleanEnd: true, into: &events)
        return events
    }
}
