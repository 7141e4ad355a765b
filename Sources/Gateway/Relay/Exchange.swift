import Arithmetic
import Chat
import Database
import HTTP

/// One admitted request with the quota held for it; ends by exactly one settlement or refund.
struct Exchange: ~Copyable {
    let principal: Principal
    let body: [UInt8]
    let envelope: ChatEnvelope
    private(set) var channel: Channel
    /// The upstream's name for the model; prices go by it.
    private(set) var model: String
    private(set) var rates: Rates
    /// As they were when the exchange began.
    let options: OptionsSnapshot
    private var reservation: Reservation
    /// Counted already.
    private let prompt: CountedPrompt?
    /// What is asked where it is no chat; counted only when need be.
    private let embeddings: EmbeddingRequest?
    private let images: ImageRequest?

    /// Balance in multiples of a rough estimate above which the prompt need not be counted before it is sent.
    private static let comfortable: Int64 = 50

    /// Holds quota back, or says who cannot pay.
    /// - Parameters:
    ///   - promptTokens: where they were counted already.
    ///   - images: for images, which have a price each.
    init(
        _ admission: Admission, channel: Channel, promptTokens: Int64? = nil, images: ImageRequest? = nil,
        embeddings: EmbeddingRequest? = nil, services: Services
    ) async throws(GatewayError) {
        let options = services.options.snapshot
        let principal = admission.principal
        let model = channel.upstreamModel(for: admission.envelope.model)
        let rates = options.prices.rates(model: model, channelType: channel.type, group: principal.user.group)
        let ledger = services.ledger
        let question = Question(admission.envelope, bytes: admission.body.count, images: images)
        var amount = question.amount(channel, model, rates, options, prompt: nil)
        let available = ledger.available(userID: principal.user.id, tokenID: principal.token.id) ?? 0
        var known = promptTokens.map { CountedPrompt(tokens: $0) }
        if images == nil, amount > available / Self.comfortable {
            let most = question.affordable(channel, model, rates, options, available: available)
            let counted = try await services.promptTokens(
                promptTokens, of: admission.body, or: embeddings, model: model, for: principal, upTo: most,
                approximates: options.approximatesTokens)
            // What was counted only until it was too much stays at its upper bound, which is refused.
            if counted.tokens <= most {
                amount = question.amount(channel, model, rates, options, prompt: counted)
                known = counted
            }
        }
        do throws(ReservationRefusal) {
            reservation = try ledger.reserve(
                userID: principal.user.id, tokenID: principal.token.id, amount: amount,
                limit: options.requestsInFlightPerUser)
        } catch {
            switch error {
            case .tokenQuota: throw .tokenQuota
            case .userQuota: throw .userQuota
            case .tooManyInFlight: throw .tooManyInFlight(limit: options.requestsInFlightPerUser)
            case .unknownAccount: throw .invalidToken
            case .storage: throw .storageUnavailable
            }
        }
        self.principal = principal
        self.options = options
        body = admission.body
        envelope = admission.envelope
        self.channel = channel
        self.model = model
        self.rates = rates
        prompt = known
        self.embeddings = embeddings
        self.images = images
    }

    /// Goes on with another channel, at its prices.
    /// - Returns: whether the token and its user can pay them; else everything stays as it was.
    mutating func move(to channel: Channel, _ options: OptionsSnapshot) -> Bool {
        let model = channel.upstreamModel(for: envelope.model)
        let rates = options.prices.rates(model: model, channelType: channel.type, group: principal.user.group)
        let amount = Question(envelope, bytes: body.count, images: images)
            .amount(channel, model, rates, options, prompt: prompt)
        if amount > reservation.amount {
            do throws(ReservationRefusal) { try reservation.change(to: amount) } catch { return false }
        }
        (self.channel, self.model, self.rates) = (channel, model, rates)
        return true
    }

    var userID: Int64 { principal.user.id }

    /// For usage that the upstream does not tell.
    borrowing func tally() -> UsageTally {
        UsageTally(
            model: model, body: body, embeddings: embeddings, promptTokens: prompt?.tokens, userID: principal.user.id,
            approximates: options.approximatesTokens)
    }

    /// Charges for an answer and writes its log row.
    /// - Parameters:
    ///   - reported: `nil` where the upstream did not say; then prompt and answer are counted here.
    ///   - note: what the log row says besides.
    consuming func settle(
        usage reported: Usage?, _ production: Production = Production(), note: String? = nil, services: Services,
        context: RequestContext, now: UInt64
    ) async {
        if let images {
            return await settle(
                channel.metered(images), reported, production, note: note, services: services, context: context,
                now: now)
        }
        var usage: Usage
        var remarks: [String] = []
        if let reported {
            usage = reported
            if production.isCut || reported.isEstimated {
                let counted = await tally().completion(production, services)
                if counted > usage.completionTokens { (usage.completionTokens, usage.isEstimated) = (counted, true) }
            }
            if let cut = bound(usage, production).cut(usage) {
                remarks.append(noteImpossible(usage, services, context))
                usage = cut
            }
        } else {
            var tally = tally()
            usage = await tally.usage(production, services)
        }
        if let note { remarks.append(note) }
        let charged = ChargedUsage(usage)
        let quota = rates.quota(for: charged)
        var log: LogRecord?
        if options.logsConsumption {
            var row = logRow(context, now)
            row.content = rates.logText(charged, isEstimated: usage.isEstimated, remarks: remarks)
            row.quota = quota
            row.promptTokens = usage.promptTokens
            row.completionTokens = usage.completionTokens
            log = row
        }
        reservation.settle(Settlement(quota: quota, channelID: channel.id, log: log, time: context.time))
    }

    private borrowing func bound(_ usage: Usage, _ production: Production) -> UsageBound {
        if embeddings != nil { return .question(body: body) }
        let asked = channel.metered(envelope)
        let bound = UsageBound.chat(
            usage, body: body, systemPrompt: channel.systemPrompt, received: production.received,
            answers: asked.count, limit: asked.maxCompletionTokens)
        return channel.overridesParameters ? bound.widened : bound
    }

    /// Tells the operator of a usage that cannot be, which is charged as far as it can.
    private borrowing func noteImpossible(
        _ usage: Usage, _ services: Services, _ context: RequestContext
    ) -> String {
        services.log.write(
            .warning, "upstream reported a usage that cannot be", requestID: context.requestID,
            [
                "channel": String(channel.id), "prompt_tokens": String(usage.promptTokens),
                "completion_tokens": String(usage.completionTokens),
            ])
        return "上游用量不可能，按上限计费 / impossible usage cut, the upstream said \(usage.promptTokens) + "
            + "\(usage.completionTokens)"
    }

    /// Charges for pictures, of those that came as many as were asked for, and for all of these where the answer broke
    /// off, since the others may have been made: by their tokens where the model bills those, else by size and number.
    private consuming func settle(
        _ asked: ImageRequest, _ reported: Usage?, _ production: Production, note: String?, services: Services,
        context: RequestContext, now: UInt64
    ) async {
        let wanted = asked.count ?? 1
        let came = min(wanted, production.pictures ?? wanted)
        let count = production.isCut ? wanted : came
        var row = logRow(context, now)
        var remarks: [String] = []
        let quota: Int64
        if PaintedTokens.prices(of: model) != nil {
            let narrow = UsageBound.pictures(asked, body: body, received: production.received)
            let bound = channel.overridesParameters ? narrow.widened : narrow
            var usage: Usage
            if let reported {
                usage = reported
                if let cut = bound.cut(reported) {
                    remarks.append(noteImpossible(reported, services, context))
                    usage = cut
                }
                if count > came { usage = usage.adding(painted(count.minus(came), asked, production)) }
            } else {
                let counted = await tally().completion(Production(text: Array(asked.prompt.utf8)), services)
                usage = painted(count, asked, production, promptTokens: counted)
            }
            if let note { remarks.append(note) }
            let charged = ChargedUsage(usage)
            quota = rates.quota(for: charged)
            row.promptTokens = usage.promptTokens
            row.completionTokens = usage.completionTokens
            row.content = rates.logText(charged, isEstimated: usage.isEstimated, remarks: remarks)
        } else {
            var price = ImagePrice(asked, model: model)
            price.count = count
            quota = rates.quota(for: price)
            row.content = rates.imageLogText + (note.map { "（\($0)）" } ?? "")
        }
        row.quota = quota
        let log = options.logsConsumption ? row : nil
        reservation.settle(Settlement(quota: quota, channelID: channel.id, log: log, time: context.time))
    }

    /// What pictures come to of which the upstream does not tell.
    private borrowing func painted(
        _ count: Int64, _ asked: ImageRequest, _ production: Production, promptTokens: Int64 = 0
    ) -> Usage {
        PaintedTokens.usage(
            of: asked, count: count, promptTokens: promptTokens, size: production.size, quality: production.quality,
            auto: "medium")
    }

    private borrowing func logRow(_ context: RequestContext, _ now: UInt64) -> LogRecord {
        var row = LogRecord()
        row.userID = principal.user.id
        row.createdAt = context.time
        row.type = LogRecord.Kind.consume.rawValue
        row.username = principal.user.username
        row.tokenName = principal.token.name
        row.modelName = model
        row.channelID = channel.id
        row.requestID = context.requestID
        row.elapsedTime = Int64(now.minus(context.started) / 1_000_000)
        row.isStream = envelope.isStream
        row.isSystemPromptReset = channel.systemPrompt != nil
        return row
    }

    /// Nothing was produced: everything held goes back.
    consuming func refund() { reservation.refund() }
}
