import Arithmetic
import Chat
import Database
import HTTP

/// An admitted request and the quota reserved for it. It ends with exactly one settlement or refund.
struct Exchange: ~Copyable {
    let principal: Principal
    let body: [UInt8]
    let envelope: ChatEnvelope
    private(set) var channel: Channel
    /// The upstream's name for the model. Prices depend on it.
    private(set) var model: String
    private(set) var rates: Rates
    /// The options at the beginning of the exchange.
    let options: OptionsSnapshot
    private var reservation: Reservation
    /// The tokens of the prompt, if they were already counted.
    private let prompt: CountedPrompt?
    /// The text of a request that is no chat. It is counted only if necessary.
    private let pieces: [PromptPiece]?
    private let images: ImageRequest?

    /// If the balance is this many times a rough estimate, the prompt is not counted before it is sent.
    private static let comfortable: Int64 = 50

    /// Reserves quota, or throws who cannot pay.
    /// - Parameters:
    ///   - promptTokens: the tokens of the prompt, if they were already counted.
    ///   - images: the request for images, which have a price each.
    ///   - pieces: the text of a request that is neither a chat nor for images.
    init(
        _ admission: Admission, channel: Channel, promptTokens: Int64? = nil, images: ImageRequest? = nil,
        pieces: [PromptPiece]? = nil, services: Services
    ) async throws(GatewayError) {
        let options = services.options.snapshot
        let principal = admission.principal
        let model = channel.upstreamModel(for: admission.envelope.model)
        let rates = options.prices.rates(model: model, channelType: channel.type, group: principal.user.group)
        if rates.lacksGroupRatio { services.noteGroupWithoutRatio(principal.user.group) }
        let ledger = services.ledger
        let question = Question(admission.envelope, bytes: admission.body.count, images: images)
        var amount = question.amount(channel, model, rates, options, prompt: nil)
        let available = ledger.available(userID: principal.user.id, tokenID: principal.token.id) ?? 0
        var known = promptTokens.map { CountedPrompt(tokens: $0) }
        if images == nil, amount > available / Self.comfortable {
            let most = question.affordable(channel, model, rates, options, available: available)
            let counted = try await services.promptTokens(
                promptTokens, of: admission.body, or: pieces, model: model, for: principal, upTo: most,
                approximates: options.approximatesTokens)
            // If the counting stopped because the prompt costs too much, the upper limit stays, which is refused.
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
        self.pieces = pieces
        self.images = images
    }

    /// Moves to another channel and its prices.
    /// - Returns: whether the token and its user can pay the prices. If not, nothing changes.
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

    /// Counts the usage if the upstream does not report it.
    borrowing func tally() -> UsageTally {
        UsageTally(
            model: model, body: body, pieces: pieces, promptTokens: prompt?.tokens, userID: principal.user.id,
            approximates: options.approximatesTokens)
    }

    /// Charges for an answer and writes the log row.
    /// - Parameters:
    ///   - reported: the upstream's usage; with `nil` the prompt and the answer are counted here.
    ///   - note: an additional text for the log row.
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
        if pieces != nil { return .question(body: body) }
        let asked = channel.overridesParameters ? channel.metered(envelope) : envelope
        let bound = UsageBound.chat(
            usage, body: body, systemPrompt: channel.systemPrompt, received: production.received,
            answers: asked.count, limit: asked.maxCompletionTokens)
        return channel.overridesParameters ? bound.widened : bound
    }

    /// Reports an impossible usage to the operator. It is charged as far as possible.
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

    /// Charges for pictures: for at most as many as were asked for. If the answer broke off, all of them are charged,
    /// because the others may have been made. Models that bill tokens are charged by tokens, others by size and number.
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

    /// The price of pictures whose usage the upstream does not report.
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

    /// Refunds everything, because nothing was produced.
    consuming func refund() { reservation.refund() }
}
