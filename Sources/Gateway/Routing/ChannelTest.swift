import Chat
import Database
import EventLoop
import HTTP
import JSON
import Providers

/// Asks a channel one short question and charges nobody for it (spec/relay.md §10).
struct ChannelTest: Sendable {
    struct Result: Sendable {
        let isSuccess: Bool
        /// The reply, or the error.
        let message: String
        let milliseconds: Int64
    }

    let services: Services

    func run(_ channel: Channel, model: String?, _ context: RequestContext) async -> Result {
        let wanted = model ?? "gpt-3.5-turbo"
        let asked = channel.models.contains(wanted) ? wanted : channel.models.first ?? wanted
        let started = EventLoop.current?.now ?? 0
        var reply: String
        let isSuccess: Bool
        do {
            reply = try await askTwice(channel, channel.upstreamModel(for: asked))
            isSuccess = true
        } catch {
            reply =
                (error as? RequestError)?.message
                ?? (error as? UpstreamFailure).map { "http status code: \($0.status), error message: \($0.message)" }
                ?? "\(error)"
            isSuccess = false
        }
        reply = channel.upstream.mask().masked(reply)
        let elapsed = Int64(clamping: ((EventLoop.current?.now ?? 0) &- started) / 1_000_000)
        await record(channel, asked, reply, isSuccess, elapsed, context)
        return Result(isSuccess: isSuccess, message: reply, milliseconds: elapsed)
    }

    /// Asks again if the access token was refused, since that is not the channel's fault.
    private func askTwice(_ channel: Channel, _ model: String) async throws -> String {
        guard let provider = ProviderRegistry.provider(of: channel.type) else {
            throw UpstreamFailure(kind: .unreachable, status: 501, message: "This channel type is not served yet.")
        }
        if let problem = channel.problem { throw UpstreamFailure.misconfigured(problem) }
        var token: AccessTokens.Held?
        var isRepeated = false
        while true {
            do { return try await ask(provider, channel, model, &token) } catch let failure as UpstreamFailure {
                guard services.accessTokens.forget(failure, token, of: channel.upstream), !isRepeated else {
                    throw channel.upstream.disclosed(failure, token: token?.text)
                }
                isRepeated = true
            }
        }
    }

    /// - Parameter token: set to the access token that the call is sent with.
    private func ask(
        _ provider: any Provider, _ channel: Channel, _ model: String, _ token: inout AccessTokens.Held?
    ) async throws -> String {
        let question = Message(.user, parts: [.text(services.configuration.testPrompt)])
        let call = UpstreamCall()
        var target = ProviderCall(channel: channel.upstream, model: model, time: LocalTime.now().milliseconds)
        token = try await services.accessTokens.token(
            for: channel.upstream, of: provider, time: target.time, services: services, call: call)
        target.accessToken = token?.text
        let encoded = try provider.encode(ChatRequest(model: model, messages: [question]), for: target)
            .following(target.channel.rules, model: model)
        let limits = TransportLimits(firstByte: .seconds(60), total: .seconds(120))
        let (response, bytes) = try await WholeCall(services: services, limits: limits).send(encoded, call)
        guard (200..<300).contains(response.status) else {
            throw provider.failure(
                status: response.status, headers: response.headers, body: bytes, parser: JSONParser())
        }
        let events = try provider.decode(
            bytes, status: response.status, contentType: response.headers["Content-Type"])
        let answer = ChatAnswer(events)
        if let failure = answer.failure { throw failure }
        guard let choice = answer.choices.first else {
            throw UpstreamFailure(kind: .notTheProvider, status: 200, message: "The answer says nothing.")
        }
        return choice.text ?? choice.reasoning ?? ""
    }

    private func record(
        _ channel: Channel, _ model: String, _ reply: String, _ isSuccess: Bool, _ elapsed: Int64,
        _ context: RequestContext
    ) async {
        var log = LogRecord()
        log.type = LogRecord.Kind.test.rawValue
        log.createdAt = context.time
        log.channelID = channel.id
        log.modelName = model
        log.requestID = context.requestID
        log.elapsedTime = elapsed
        log.content =
            isSuccess ? "渠道 \(channel.name) 测试成功，响应：\(reply)" : "渠道 \(channel.name) 测试失败，错误：\(reply)"
        let (row, id) = (log, channel.id)
        let time = isSuccess ? elapsed : 0
        do {
            try await services.database.write { connection in
                try connection.insert(row)
                try connection.setChannelTest(id, time: row.createdAt, milliseconds: time)
            }
        } catch {
            services.log.write(.error, "channel test not recorded", requestID: context.requestID, ["error": "\(error)"])
        }
    }
}
