import Chat
import Database
import EventLoop
import HTTP
import JSON
import Providers

/// `POST /v1/chat/completions`: the product's spine.
struct ChatRelay: Sendable {
    let services: Services

    /// Admit, reserve, choose, call, relay, settle.
    /// - Returns: the status that the client saw.
    func respond(
        to request: ServerRequest, _ context: RequestContext, with writer: consuming ResponseWriter
    ) async -> Int {
        do throws(GatewayError) {
            let admission = try await Admission.admit(request, context, services: services)
            var picker = ChannelPicker(tiers: admission.tiers)
            guard
                let first = picker.next(
                    at: request.loop.now, random: { LoopTools.current(request.loop).random.next(below: $0) })
            else {
                throw .noChannel(group: admission.principal.user.group, model: admission.envelope.model)
            }
            let model = first.upstreamModel(for: admission.envelope.model)
            let exchange = try Exchange(
                admission, channel: first, promptTokens: await countAside(admission.body, model: model),
                services: services, counter: counter(request))
            return await run(exchange, picker, isPinned: admission.isPinned, request, context, writer)
        } catch {
            await writer.send(error.response(context))
            return error.status
        }
    }

    private func run(
        _ admitted: consuming Exchange, _ channels: ChannelPicker, isPinned: Bool, _ request: ServerRequest,
        _ context: RequestContext, _ writer: consuming ResponseWriter
    ) async -> Int {
        var exchange = admitted
        var picker = channels
        var retriesLeft = isPinned ? 0 : services.options.snapshot.retryTimes
        let caller = Caller(services: services, parser: LoopTools.current(request.loop).json, context: context)
        while true {
            switch await caller.call(exchange.channel, for: exchange, request) {
            case .whole(let answer):
                exchange.channel.health.succeeded()
                await exchange.settle(
                    usage: answer.usage, answer.production, services: services, context: context,
                    now: request.loop.now)
                await writer.send(
                    HTTPResponse(headers: context.headers("application/json"), body: answer.body))
                return 200
            case .stream(let response, let stream, let output):
                exchange.channel.health.succeeded()
                await StreamedAnswer(services: services, context: context, request: request)
                    .relay(exchange, response, stream, output, writer)
                return 200
            case .clientGone(wasAsked: false):
                exchange.refund()
                writer.drop(reset: false)
                return 499
            case .clientGone(wasAsked: true):
                // The upstream had the prompt, and what it made of it nobody knows: the prompt is charged.
                await exchange.settle(
                    usage: nil, note: "客户端已断开 / the client left before the answer", services: services,
                    context: context, now: request.loop.now)
                writer.drop(reset: false)
                return 499
            case .refused(let error):
                // Another channel's provider may be able to.
                guard !isPinned,
                    let next = picker.next(
                        at: request.loop.now, random: { LoopTools.current(request.loop).random.next(below: $0) })
                else {
                    exchange.refund()
                    await writer.send(GatewayError.request(error).response(context))
                    return 400
                }
                exchange.move(to: next, prices: services.options.snapshot.prices)
            case .failed(let found):
                let failure = ChannelGuard(services: services).note(
                    found, of: exchange.channel, context, now: request.loop.now)
                // Nobody waits for what another channel would have to be paid for.
                guard retriesLeft > 0, failure.isRetryable, !request.isDisconnected,
                    let next = picker.next(
                        at: request.loop.now, random: { LoopTools.current(request.loop).random.next(below: $0) })
                else {
                    exchange.refund()
                    await writer.send(GatewayError.upstream(failure).response(context))
                    return failure.status
                }
                retriesLeft -= 1
                exchange.move(to: next, prices: services.options.snapshot.prices)
            }
        }
    }

    /// Counts a large prompt on another thread, for it would hold up every other request of this loop; `nil` for the
    /// others, which are counted when need be.
    private func countAside(_ body: [UInt8], model: String) async -> Int64? {
        guard body.count > 1 << 20 else { return nil }
        let approximates = services.options.snapshot.approximatesTokens
        return try? await Blocking.run {
            PromptCounter(parser: JSONParser(), approximates: approximates).promptTokens(of: body, model: model)
        }
    }

    private func counter(_ request: ServerRequest) -> PromptCounter {
        PromptCounter(
            parser: LoopTools.current(request.loop).json, approximates: services.options.snapshot.approximatesTokens)
    }
}
