/// A row of `users` (spec/database.md §3.3).
package struct UserRecord: Sendable, Equatable {
    package var id: Int64 = 0
    package var username = ""
    /// bcrypt; empty for accounts without a password.
    package var password = ""
    package var displayName = ""
    /// 1 common, 10 admin, 100 root.
    package var role: Int64 = 1
    /// 1 enabled, 2 disabled, 3 deleted.
    package var status: Int64 = 1
    package var email = ""
    package var githubID = ""
    package var wechatID = ""
    package var larkID = ""
    package var oidcID = ""
    package var accessToken = ""
    package var quota: Int64 = 0
    package var usedQuota: Int64 = 0
    package var requestCount: Int64 = 0
    package var group = "default"
    package var affCode = ""
    package var inviterID: Int64 = 0

    package init() {}

    static let columns =
        "id, username, password, display_name, role, status, email, github_id, wechat_id, lark_id, oidc_id, "
        + "access_token, quota, used_quota, request_count, `group`, aff_code, inviter_id"

    init(_ row: Row) {
        id = row.int(0)
        username = row.text(1)
        password = row.text(2)
        displayName = row.text(3)
        role = row.int(4)
        status = row.int(5)
        email = row.text(6)
        githubID = row.text(7)
        wechatID = row.text(8)
        larkID = row.text(9)
        oidcID = row.text(10)
        accessToken = row.text(11)
        quota = row.int(12)
        usedQuota = row.int(13)
        requestCount = row.int(14)
        group = row.text(15)
        affCode = row.text(16)
        inviterID = row.int(17)
    }
}
