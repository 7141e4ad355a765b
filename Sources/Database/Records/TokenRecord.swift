/// A row of `tokens` (spec/database.md §3.2).
package struct TokenRecord: Sendable, Equatable {
    package var id: Int64 = 0
    package var userID: Int64 = 0
    /// The key without `sk-`.
    package var key = ""
    /// 1 enabled, 2 disabled, 3 expired, 4 exhausted.
    package var status: Int64 = 1
    package var name = ""
    package var createdTime: Int64 = 0
    package var accessedTime: Int64 = 0
    /// Unix seconds; -1 if it never expires.
    package var expiredTime: Int64 = -1
    package var remainQuota: Int64 = 0
    package var isUnlimited = false
    package var usedQuota: Int64 = 0
    /// Comma-separated names of the allowed models; `nil` or empty allows all.
    package var models: String?
    /// Comma-separated CIDRs of the allowed addresses; `nil` or empty allows all.
    package var subnet: String? = ""

    package init() {}

    static let columns =
        "id, user_id, key, status, name, created_time, accessed_time, expired_time, remain_quota, unlimited_quota, "
        + "used_quota, models, subnet"

    init(_ row: Row) {
        id = row.int(0)
        userID = row.int(1)
        key = row.text(2)
        status = row.int(3)
        name = row.text(4)
        createdTime = row.int(5)
        accessedTime = row.int(6)
        expiredTime = row.int(7)
        remainQuota = row.int(8)
        isUnlimited = row.bool(9)
        usedQuota = row.int(10)
        models = row.optionalText(11)
        subnet = row.optionalText(12)
    }
}
