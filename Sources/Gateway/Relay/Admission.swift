import Chat
import Database
import Formats
import HTTP
import JSON

/// A request that may be relayed: who asks, for what, and who could answer.
struct Admission: Sendable {
    let principal: Principal
    let body: [UInt8]
    let envelope: ChatEnvelope
    /// The administrator chose the channel, so that no other is tried.
    let isPinned: Bool
    let tiers: [[Channel]]

    /// Authenticates, reads and checks a chat.
    static func admit(
        _ request: ServerRequest, _ context: RequestContext, services: Services
    ) async throws(GatewayError) -> Admission {
        let (access, body) = try await open(request, context, services)
        let envelope: ChatEnvelope
        do throws(RequestError) {
            envelope = try ChatInspector(parser: LoopTools.current(request.loop).json).inspect(body)
        } catch { throw .request(error) }
        return try admit(access, body, envelope, services)
    }

    /// Authenticates and reads.
    static func open(
        _ request: ServerRequest, _ context: RequestContext, _ services: Services
    ) async throws(GatewayError) -> (TokenAuthentication.Access, body: [UInt8]) {
        let access = try await TokenAuthentication(services: services).authenticate(request, context)
        let account = BodyAccount(
            budget: services.bodyBudget, address: context.clientAddress, token: access.principal.token.id)
        return (access, try await readBody(request, account, limit: services.configuration.bodyLimit))
    }

    /// Finds who could answer.
    /// - Parameter envelope: of a request other than a chat, the model and `maxTokens`.
    static func admit(
        _ access: TokenAuthentication.Access, _ body: [UInt8], _ envelope: ChatEnvelope, _ services: Services
    ) throws(GatewayError) -> Admission {
        let principal = access.principal
        if let allowed = principal.allowedModels, !allowed.contains(envelope.model) {
            throw .modelNotAllowed(envelope.model)
        }
        let table = services.routing.table
        let tiers = access.channel.map { [[$0]] } ?? table.tiers(group: principal.user.group, model: envelope.model)
        // As OpenAI answers it: a 503 would have its package try again in vain.
        if tiers.isEmpty, !table.knows(envelope.model) { throw .modelNotFound(envelope.model) }
        return Admission(
            principal: principal, body: body, envelope: envelope, isPinned: access.channel != nil, tiers: tiers)
    }

    private static func readBody(
        _ request: ServerRequest, _ account: BodyAccount, limit: Int
    ) async throws(GatewayError) -> [UInt8] {
        let isJSON = request.headers.withValue(of: "Content-Type") { type in
            // Any letter case: 0x20 is what tells the cases apart; `/` has it set.
            type.count >= 16 && zip(type, "application/json".utf8).allSatisfy { $0 | 0x20 == $1 }
        }
        guard isJSON == true else { throw .unsupportedMediaType }
        do throws(BodyError) { return try await request.body(limit: limit, account: account) } catch {
            throw GatewayError(error, limit: limit)
        }
    }
}
