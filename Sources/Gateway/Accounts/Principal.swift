package import Database

/// Who makes a relay request: a token with its owner, decoded once and kept until either changes.
package final class Principal: Sendable {
    package let token: TokenRecord
    package let user: UserRecord
    /// Models that the token is limited to; `nil` where it is not.
    package let allowedModels: Set<String>?
    /// Where the token may be used from; `nil` where anywhere.
    package let subnets: [Subnet]?

    init(token: TokenRecord, user: UserRecord) {
        self.token = token
        self.user = user
        let models = (token.models ?? "").split(separator: ",").map(String.init).filter { !$0.isEmpty }
        allowedModels = models.isEmpty ? nil : Set(models.map(\.trimmed))
        let networks = (token.subnet ?? "").split(separator: ",").map { $0.filter { $0 != " " } }.filter { !$0.isEmpty }
        subnets = networks.isEmpty ? nil : networks.compactMap { Subnet($0) }
    }
}
