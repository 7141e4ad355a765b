import Database
import HTTP
import JSON

/// The values of a request's query, read as integers or as texts.
struct Query: Sendable {
    private let values: [String: String]

    init(_ request: ServerRequest) {
        var values: [String: String] = [:]
        for pair in request.query.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let key = parts.first.map({ percentDecoded($0) }), values[key] == nil else { continue }
            values[key] = parts.count > 1 ? percentDecoded(parts[1]) : ""
        }
        self.values = values
    }

    func text(_ name: String) -> String { values[name] ?? "" }
    func int(_ name: String) -> Int64 { values[name].flatMap { Int64($0) } ?? 0 }
    /// Zero-based.
    var page: Int64 { min(max(0, int("p")), 1 << 40) }
}

/// One call of a management route.
struct Call: Sendable {
    let services: Services
    let sessions: SessionCodec
    let context: RequestContext
    /// The session in the caller's cookie. It has been checked only where the route requires a role.
    let session: SessionCodec.Session?
    let user: UserRecord?
    let body: [UInt8]
    let query: Query
    let parameter: String?
    /// Whether the client reaches the gateway's proxy over TLS.
    let isSecure: Bool

    /// The caller. Fails on routes that require no role, since they have none.
    func caller() throws -> UserRecord {
        guard let user else { throw ManagementError("无权进行此操作，权限不足") }
        return user
    }

    /// A `Set-Cookie` value that logs a user in.
    func newSessionCookie(for user: UserRecord) -> String {
        let value = sessions.encode(
            userID: user.id, fingerprint: sessions.fingerprint(of: user.password), now: context.time)
        return ManagementAuthentication.cookie(value, lifetime: SessionCodec.lifetime, isSecure: isSecure)
    }

    func id() throws -> Int64 {
        guard let id = parameter.flatMap({ Int64($0) }) else { throw ManagementError("invalid id: \(parameter ?? "")") }
        return id
    }

    func input() async throws -> InputObject { try await input { $0 } }

    /// Decodes the body with `make`, off the event loop if the body is large.
    func input<Made: Sendable>(_ make: @escaping @Sendable (InputObject) throws -> Made) async throws -> Made {
        let body = body
        return try await services.offLoop(bytes: body.count, of: user?.id ?? 0) { _ in
            Result { try make(InputObject(body)) }
        }.get()
    }

    /// Reads rows of a table and answers with them as a list.
    func list<Record: Sendable>(
        _ query: @escaping @Sendable (Connection) throws -> [Record], _ json: @escaping @Sendable (Record) -> JSON
    ) async throws -> ManagementAnswer {
        await shown(try await services.database.read(query), json)
    }

    /// Encodes many rows off the event loop and off the database's reader threads, so that they block neither.
    func shown<Record: Sendable>(
        _ rows: [Record], _ json: @escaping @Sendable (Record) -> JSON
    ) async -> ManagementAnswer {
        .data(
            .array(await services.offLoop(certainly: rows.count, slice: 64, of: user?.id ?? 0) { _ in rows.map(json) }))
    }
}
