import Database

/// The members of a token that a client may choose (spec/management-api.md §5.7), checked against their limits. Absent
/// members are `nil`.
struct TokenWishes: Sendable {
    let name: String?
    let expiredTime: Int64?
    let remainQuota: Int64?
    let isUnlimited: Bool?
    let models: String?
    let subnet: String?
    /// Whether `null` was sent, which removes the limit on models.
    private let clearsModels: Bool
    private let clearsSubnet: Bool

    /// The last second of the year 9999.
    private static let latest: Int64 = 253_402_300_799

    init(_ input: InputObject) throws {
        name = try input.text("name")
        expiredTime = try input.int("expired_time", -1...Self.latest)
        remainQuota = try input.quota("remain_quota")
        isUnlimited = try input.bool("unlimited_quota")
        models = try input.text("models", limit: 16_384).map { ModelNames.list($0).joined(separator: ",") }
        subnet = try input.text("subnet", limit: 2048)
        (clearsModels, clearsSubnet) = (input.isNull("models"), input.isNull("subnet"))
        // one-api counts bytes here, although the limit is meant for characters.
        if let name, !name.hasAtMost(30) || name.utf8.contains(0) { throw ManagementError("参数错误：令牌名称过长") }
        for part in (subnet ?? "").split(separator: ",") where Subnet(part.filter { $0 != " " }) == nil {
            throw ManagementError("参数错误：无效的网段：\(part)")
        }
    }

    /// - Parameter stored: whether the token has no limit now. A token without a limit may have any remaining quota:
    ///   one-api's default token has -1.
    func check(isUnlimited stored: Bool) throws {
        guard let remainQuota, remainQuota < 0, !(isUnlimited ?? stored) else { return }
        throw ManagementError("参数错误：令牌额度不能为负数 / remain_quota must not be negative")
    }

    var changesLimit: Bool { remainQuota != nil || isUnlimited != nil }

    /// What an edit writes into the row; the ledger writes the limit.
    var changes: Changes {
        var changes = Changes()
        if let name { changes.set("name", .text(name)) }
        if let expiredTime { changes.set("expired_time", .int(expiredTime)) }
        if models != nil || clearsModels { changes.set("models", SQLValue(models)) }
        if subnet != nil || clearsSubnet { changes.set("subnet", SQLValue(subnet)) }
        return changes
    }
}
