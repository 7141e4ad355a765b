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
    private let reservation: Reservation
    /// Counted already.
    private let promptTokens: Int64?
    /// What is asked where it is no chat; counted only when need be.
    private let embeddings: EmbeddingRequest?

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
        let limit = admission.envelope.maxCompletionTokens
        let speaks = admission.envelope.speaks
        let ceiling = rates.parts.promptCeiling(
            writesCache: admission.envelope.writesCache, hasAudio: admission.envelope.hearsAudio)
        func estimate(_ promptTokens: Int64) -> Int64 {
            rates.estimate(
                promptTokens: promptTokens, promptCeiling: ceiling, maxCompletionTokens: limit, speaks: speaks,
                allowance: options.preConsumedQuota)
        }
        let ledger = services.ledger
        // A token has at least one byte, so the body's size bounds the prompt from above and costs nothing to know.
        var amount =
            images.map { rates.quota(for: ImagePrice($0, model: model)) } ?? estimate(Int64(admission.body.count))
        let available = ledger.available(userID: principal.user.id, tokenID: principal.token.id) ?? 0
        var known = promptTokens
        if images == nil, amount > available / Self.comfortable {
            let counted = try await services.promptTokens(
                known, of: admission.body, or: embeddings, model: model, for: principal)
            amount = estimate(counted)
            known = counted
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
        body = admission.body
        envelope = admission.envelope
        self.channel = channel
        self.model = model
        self.rates = rates
        self.promptTokens = known
        self.embeddings = embeddings
    }

    /// Goes on with another channel, at its prices; what is held stays.
    mutating func move(to channel: Channel, prices: PriceTable) {
        self.channel = channel
        model = channel.upstreamModel(for: envelope.model)
        rates = prices.rates(model: model, channelType: channel.type, group: principal.user.group)
    }

    /// Usage that the upstream did not tell.
    borrowing func counted(_ produced: [UInt8], by counter: PromptCounter) -> Usage {
        Usage(
            promptTokens: promptTokens ?? embeddings.map { counter.tokens(of: $0, model: model) }
                ?? counter.promptTokens(of: body, model: model),
            completionTokens: counter.completionTokens(of: produced, model: model), isEstimated: true)
    }

    /// Charges for an answer and writes its log row.
    /// - Parameters:
    ///   - usage: `nil` where the upstream did not say; then prompt and `produced` are counted here.
    ///   - isCut: the answer is not whole, so that what the upstream said of it may be of its beginning only.
    ///   - note: what the log row says besides.
    consuming func settle(
        usage reported: Usage?, produced: [UInt8], isCut: Bool = false, note: String? = nil, services: Services,
        counter: PromptCounter,
        context: RequestContext, now: UInt64
    ) {
        var usage = reported ?? counted(produced, by: counter)
        if isCut || reported?.isEstimated == true, reported != nil {
            let counted = counter.completionTokens(of: produced, model: model)
            if counted > usage.completionTokens { (usage.completionTokens, usage.isEstimated) = (counted, true) }
        }
        let charged = ChargedUsage(usage)
        let quota = rates.quota(for: charged)
        var log: LogRecord?
        if services.options.snapshot.logsConsumption {
            var row = logRow(context, now)
            row.content = rates.logText(charged, isEstimated: usage.isEstimated, note: note)
            row.quota = quota
            row.promptTokens = usage.promptTokens
            row.completionTokens = usage.completionTokens
            log = row
        }
        reservation.settle(Settlement(quota: quota, channelID: channel.id, log: log, time: context.time))
    }

    /// Charges for images and writes their log row.
    consuming func settle(_ images: ImagePrice, services: Services, context: RequestContext, now: UInt64) {
        let quota = rates.quota(for: images)
        var log: LogRecord?
        if services.options.snapshot.logsConsumption {
            var row = logRow(context, now)
            row.content = rates.imageLogText
            row.quota = quota
            log = row
        }
        reservation.settle(Settlement(quota: quota, channelID: channel.id, log: log, time: context.time))
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
        row.elapsedTime = Int64((now &- context.started) / 1_000_000)
        row.isStream = envelope.isStream
        row.isSystemPromptReset = channel.systemPrompt != nil
        return row
    }

    /// Nothing was produced: everything held goes back.
    consuming func refund() { reservation.refund() }
}
