import Database
import JSON
import Testing

@testable import Gateway

/// A gateway whose database stops where a test wants.
final class Raced {
    let gateway: ManagedGateway
    let database: GatedDatabase

    init() async throws {
        var gated: GatedDatabase?
        gateway = try await ManagedGateway(wrapping: { base in
            let made = GatedDatabase(base)
            gated = made
            return made
        })
        database = try #require(gated)
    }

    func call(
        _ method: String, _ path: String, _ body: JSON? = nil, headers: [String]? = nil
    ) -> InBackground<ManagedAnswer> {
        let port = gateway.gateway.port
        return InBackground { try ManagedGateway.send(port, method, path, body?.encoded(), headers) }
    }

    /// Adds a user with a token that nobody has used yet.
    func addUser(isAdmin: Bool = false) async throws -> (id: Int64, token: TokenRecord, headers: [String]) {
        let user = try gateway.addUser("alice", isAdmin: isAdmin)
        let tokens = try await gateway.database.read { try $0.tokens(userID: user.id, page: 0) }
        return (user.id, try #require(tokens.first), user.headers)
    }

    func addChannel(_ more: JSONObject = [:]) throws -> Int64 {
        var channel: JSONObject = ["type": 1, "name": "one", "key": "k", "models": "gpt-4o"]
        for member in more.members { channel[member.key] = member.value }
        try gateway.data("POST", "/api/channel/", .object(channel))
        return try gateway.newestID("/api/channel/")
    }

    func chat(_ key: String) throws -> ManagedAnswer {
        try gateway.send(
            "POST", "/v1/chat/completions", chatBody(),
            headers: ["Authorization: Bearer sk-\(key)", "Content-Type: application/json"])
    }

    func models(_ key: String) throws -> ManagedAnswer {
        try gateway.send("GET", "/v1/models", headers: ["Authorization: Bearer sk-\(key)"])
    }
}
