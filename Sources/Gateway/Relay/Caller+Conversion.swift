import Chat
import Formats
import HTTP
import Providers

/// Answers that are read as a whole: of providers with a format of their own, and those that came in one piece where a
/// stream was asked for, or the other way round.
extension Caller {
    /// An answer that must be read as a whole, in the form that was asked for.
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

    /// What stands for what an answer does not say of itself.
    func fallback(_ exchange: borrowing Exchange) -> AnswerHead {
        AnswerHead(id: "chatcmpl-" + context.requestID, model: exchange.model, created: context.time)
    }

    /// - Parameter received: bytes of the upstream's answer.
    private func whole(
        _ events: [ChatEvent], _ received: Int, _ exchange: borrowing Exchange
    ) async throws(UpstreamFailure) -> WholeAnswer {
        let fallback = fallback(exchange)
        let (read, text) = await services.offLoop(certainly: received, of: exchange.userID) { _ in
            let answer = ChatAnswer(events)
            var text: [UInt8] = []
            if answer.usage == nil { for event in events { event.appendProduced(to: &text) } }
            return (answer, text)
        }
        var answer = read
        if let failure = answer.failure { throw failure }
        if answer.usage == nil {
            // What is charged is told.
            var tally = exchange.tally()
            answer.add(.usage(await tally.usage(Production(text: text), services), original: nil))
        }
        let whole = answer
        let body = try await services.offLoop(
            certainly: received, of: exchange.userID
        ) { _ throws(UpstreamFailure) in try OpenAIAnswerEncoder.encode(whole, fallback: fallback) }
        return WholeAnswer(body: body, usage: whole.usage, production: Production(received: Int64(received)))
    }

    /// An answer in one piece: the client gets it as a stream all the same.
    private func inOneGo(
        _ events: [ChatEvent], _ received: Int, _ response: UpstreamResponse, _ exchange: borrowing Exchange
    ) async throws(UpstreamFailure) -> Attempt {
        let empty = TranslatedStream(
            WholeAnswerDecoder(), includesUsage: exchange.envelope.includesUsage, fallback: fallback(exchange))
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

/// For an answer that came whole: there is nothing to read on.
private struct WholeAnswerDecoder: AnswerDecoder {
    let isOver = true

    mutating func feed(_ bytes: [UInt8], into events: inout [ChatEvent]) {}
    mutating func finish(isCleanEnd: Bool, into events: inout [ChatEvent]) {}
}

extension Provider {
    /// A stream that has come as a whole.
    fileprivate func gathered(_ body: [UInt8]) -> [ChatEvent] {
        var decoder = decoder()
        var events: [ChatEvent] = []
        decoder.feed(body, into: &events)
        decoder.finish(isCleanEnd: true, into: &events)
        return events
    }
}
