import Database

/// The members of a user that an administrator may set besides names: role, status, group and inviter
/// (spec/management-api.md §5.4).
struct UserEdit: Sendable {
    private let role: Role?
    private let status: UserStatus?
    private let group: String?
    private let inviterID: Int64?

    static let notBelow = ManagementError("无权更新同权限等级或更高权限等级的用户信息")

    init(_ object: InputObject) throws {
        role = try object.choice("role", Role.self)
        status = try object.choice("status", UserStatus.self)
        group = try object.text("group", limit: 32).flatMap { $0.isEmpty ? nil : $0 }
        inviterID = try object.int("inviter_id", 0...Int64.max).flatMap { $0 == 0 ? nil : $0 }
    }

    func check(_ target: UserRecord, by caller: UserRecord) throws {
        guard caller.governs(target), let own = caller.rights else { throw Self.notBelow }
        if let role, role >= own, own != .root {
            throw ManagementError("无权将其他用户权限等级提升到大于等于自己的权限等级")
        }
        guard target.isRoot else { return }
        if status == .disabled { throw ManagementError("无法禁用超级管理员用户") }
        if let role, role != .root { throw ManagementError("无法降级超级管理员用户") }
    }

    /// The page sends a deleted user with status 3. This is ignored, since deleting has a route of its own.
    func add(to changes: inout Changes) {
        if let role { changes.set("role", .int(role.rawValue)) }
        if let status, status != .deleted { changes.set("status", .int(status.rawValue)) }
        if let group { changes.set("group", .text(group)) }
        if let inviterID { changes.set("inviter_id", .int(inviterID)) }
    }
}

/// The actions of `POST /api/user/manage`. Any other action changes nothing.
enum UserChange: String, Sendable {
    case disable, enable, delete, promote, demote

    func check(_ target: UserRecord, by caller: UserRecord) throws {
        guard caller.governs(target) else { throw UserEdit.notBelow }
        switch self {
        case .enable: break
        case .disable: if target.isRoot { throw ManagementError("无法禁用超级管理员用户") }
        case .delete: if target.isRoot { throw ManagementError("无法删除超级管理员用户") }
        case .promote:
            guard caller.isRoot else { throw ManagementError("普通管理员用户无法提升其他用户为管理员") }
            if target.has(.admin) { throw ManagementError("该用户已经是管理员") }
        case .demote:
            if target.isRoot { throw ManagementError("无法降级超级管理员用户") }
            if target.rights == .common { throw ManagementError("该用户已经是普通用户") }
        }
    }

    /// - Parameter marker: 32 hexadecimal digits for a deleted user's name.
    /// - Returns: the user as it is now.
    func apply(to user: UserRecord, on connection: Connection, marker: String) throws -> UserRecord {
        var changed = user
        var changes = Changes()
        switch self {
        case .delete:
            try connection.deleteUser(user.id, marker: marker)
            changed.status = UserStatus.deleted.rawValue
            return changed
        case .disable: changed.status = UserStatus.disabled.rawValue
        case .enable: changed.status = UserStatus.enabled.rawValue
        case .promote: changed.role = Role.admin.rawValue
        case .demote: changed.role = Role.common.rawValue
        }
        changes.set("status", .int(changed.status))
        changes.set("role", .int(changed.role))
        _ = try connection.updateUser(user.id, changes)
        return changed
    }
}
