package import Database

/// The sender of a relay request: a token with its owner. It is decoded once and kept until either changes.
package final class Principal: Sendable {
    package let token: TokenRecord
    package let user: UserRecord
    /// The models that the token may use; `nil` for all.
    package let allowedModels: Set<String>?
    /// The networks that the token may be used from; `nil` for all.
    package let subnets: [Subnet]?

    init(token: TokenRecord, user: UserRecord) {
        self.token = token
        self.user = user
        let names = token.models ?? ""
        // A list of blanks allows no model. A list that is empty or has only commas allows all.
        allowedModels = names.allSatisfy { $0 == "," } ? nil : Set(ModelNames.list(names))
        let networks = (token.subnet ?? "").split(separator: ",").map { $0.filter { $0 != " " } }.filter { !$0.isEmpty }
        subnets = networks.isEmpty ? nil : networks.compactMap { Subnet($0) }
    }
}
