import JSON
import Testing

/// What a management call changes, and the status by which a relay client sees the change.
struct PrincipalChange: Sendable, CustomTestStringConvertible {
    let name: String
    let method: String
    let path: String
    let body: JSON?
    var suffix = ""
    let status: Int
    var testDescription: String { name }

    /// The changes to test; `TOKEN` and `USER` stand for ids.
    static let all = [
        PrincipalChange(name: "a token is deleted", method: "DELETE", path: "/api/token/TOKEN", body: nil, status: 401),
        PrincipalChange(
            name: "a token is disabled", method: "PUT", path: "/api/token/?status_only=1",
            body: ["id": "TOKEN", "status": 2], status: 401),
        PrincipalChange(
            name: "a token gets a network", method: "PUT", path: "/api/token/",
            body: ["id": "TOKEN", "unlimited_quota": true, "expired_time": -1, "subnet": "10.0.0.0/8"], status: 403),
        PrincipalChange(
            name: "a user is disabled", method: "POST", path: "/api/user/manage",
            body: ["username": "alice", "action": "disable"], status: 403),
        PrincipalChange(
            name: "a user is disabled by an edit", method: "PUT", path: "/api/user/",
            body: ["id": "USER", "status": 2], status: 403),
        PrincipalChange(name: "a user is deleted", method: "DELETE", path: "/api/user/USER", body: nil, status: 403),
        PrincipalChange(
            name: "a user deletes itself", method: "DELETE", path: "/api/user/self", body: nil, status: 403),
        PrincipalChange(
            name: "an administrator is demoted", method: "POST", path: "/api/user/manage",
            body: ["username": "alice", "action": "demote"], suffix: "-1", status: 403),
    ]

    func path(token: Int64, user: Int64) -> String {
        path.replacing("TOKEN", with: String(token)).replacing("USER", with: String(user))
    }

    func body(token: Int64, user: Int64) -> JSON? {
        guard case .object(var object) = body else { return body }
        if object["id"] != nil { object["id"] = .int(object["id"] == "TOKEN" ? token : user) }
        return .object(object)
    }

    /// A token's owner changes the token; root changes everything else.
    func headers(_ owner: [String]) -> [String]? {
        path.hasPrefix("/api/token") || path.hasSuffix("self") ? owner : nil
    }
}
