import Chat
import Database
import Formats
import HTTP
import JSON

/// A request that may be relayed: its user, its model, and the channels that could answer.
struct Admission: Sendable {
    let principal: Principal
    let body: [UInt8]
    let envelope: ChatEnvelope
    /// The administrator named the channel, so that no other is tried.
    let isPinned: Bool
    let tiers: [[Channel]]

    /// Authenticates, reads and checks a chat.
    static func admit(
        _ request: ServerRequest, _ context: RequestContext, services: Services
    ) async throws(GatewayError) -> Admission {
        let (access, sent) = try await open(request, context, services)
        let limits = services.configuration.requestLimits
        let read = { @Sendable (body: [UInt8], parser: JSONParser) throws(GatewayError) in
            do throws(RequestError) {
                return try ChatInspector(parser: parser, limits: limits).inspect(body)
            } catch { throw .request(error) }
        }
        if sent.isLight {
            let envelope = try read(sent.bytes, LoopTools.current(request.loop).json)
            return try admit(access, sent.bytes, envelope, services)
        }
        let (body, envelope) = try await sent.read(request, for: access.principal, services, read)
        return try admit(access, body, envelope, services)
    }

    /// Authenticates, checks the balance, and reads the body.
    static func open(
        _ request: ServerRequest, _ context: RequestContext, _ services: Services
    ) async throws(GatewayError) -> (TokenAuthentication.Access, SentBody) {
        let access = try await TokenAuthentication(services: services).authenticate(request, context)
        let principal = access.principal
        if !SentBody.isLight(request.headers) { try checkBalance(of: principal, services) }
        let account = BodyAccount(
            budget: services.bodyBudget, address: context.clientAddress, token: principal.token.id)
        let body = try await readBody(request, account, limit: services.configuration.bodyLimit)
        return (access, body)
    }

    /// Refuses users and tokens without any balance. Small bodies are not checked: they cost next to nothing, and the
    /// model may be free.
    private static func checkBalance(of principal: Principal, _ services: Services) throws(GatewayError) {
        let (user, token) = (principal.user.id, principal.token.id)
        guard let left = services.ledger.available(userID: user, tokenID: token), left <= 0 else { return }
        let isUserEmpty = services.ledger.availableQuota(ofUser: user).map { $0 <= 0 } ?? false
        throw isUserEmpty ? .userQuota : .tokenQuota
    }

    /// Finds the channels that could answer.
    /// - Parameter envelope: the request's envelope. For other requests than chats it has the model and `maxTokens`.
    static func admit(
        _ access: TokenAuthentication.Access, _ body: [UInt8], _ envelope: ChatEnvelope, _ services: Services
    ) throws(GatewayError) -> Admission {
        let principal = access.principal
        if let allowed = principal.allowedModels, !allowed.contains(envelope.model) {
            throw .modelNotAllowed(envelope.model)
        }
        let table = services.routing.table
        let tiers = access.channel.map { [[$0]] } ?? table.tiers(group: principal.user.group, model: envelope.model)
        // This is OpenAI's answer. A 503 would make OpenAI's SDK retry in vain.
        if tiers.isEmpty, !table.knows(envelope.model) { throw .modelNotFound(envelope.model) }
        return Admission(
            principal: principal, body: body, envelope: envelope, isPinned: access.channel != nil, tiers: tiers)
    }

    private static func readBody(
        _ request: ServerRequest, _ account: BodyAccount, limit: Int
    ) async throws(GatewayError) -> SentBody {
        let isJSON = request.headers.withValue(of: "Content-Type") { type in
            // Compares without regard to case: upper and lower case differ in bit 0x20, which `/` has set too.
            type.count >= 16 && zip(type, "application/json".utf8).allSatisfy { $0 | 0x20 == $1 }
        }
        guard isJSON == true else { throw .unsupportedMediaType }
        do throws(BodyError) {
            let (bytes, isPacked) = try await request.packedBody(limit: limit, account: account)
            return SentBody(bytes: bytes, isPacked: isPacked)
        } catch { throw GatewayError(error, limit: limit) }
    }
}
