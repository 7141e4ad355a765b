import Database

/// The rights of a user. `users.role` has one of these numbers. A row with another number has no rights.
enum Role: Int64, Comparable, CaseIterable, Sendable {
    case common = 1
    case admin = 10
    case root = 100

    static func < (left: Role, right: Role) -> Bool { left.rawValue < right.rawValue }
}

/// `users.status`.
enum UserStatus: Int64, CaseIterable, Sendable {
    case enabled = 1
    case disabled = 2
    case deleted = 3
}

/// `tokens.status`.
enum TokenStatus: Int64, CaseIterable, Sendable {
    case enabled = 1
    case disabled = 2
    case expired = 3
    case exhausted = 4
}

/// `channels.status`.
enum ChannelStatus: Int64, CaseIterable, Sendable {
    case enabled = 1
    case disabledByHand = 2
    case disabledAutomatically = 3
}

extension UserRecord {
    /// Returns `nil` for a number that is no role, which only another program can have written.
    var rights: Role? { Role(rawValue: role) }
    var isRoot: Bool { rights == .root }
    var isEnabled: Bool { UserStatus(rawValue: status) == .enabled }

    func has(_ role: Role) -> Bool { rights.map { $0 >= role } ?? false }

    /// Whether the user may manage another: root may manage all, an administrator all with a lower role.
    func governs(_ other: UserRecord) -> Bool { isRoot || outranks(other) }

    /// A user without rights is below everybody with rights.
    func outranks(_ other: UserRecord) -> Bool {
        guard let rights else { return false }
        return other.rights.map { rights > $0 } ?? true
    }
}
