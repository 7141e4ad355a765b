/// A row of `channels` (spec/database.md §3.1).
package struct ChannelRecord: Sendable, Equatable {
    package var id: Int64 = 0
    package var type: Int64 = 0
    package var key = ""
    /// 1 enabled, 2 disabled by hand, 3 disabled automatically.
    package var status: Int64 = 1
    package var name = ""
    package var weight: Int64?
    package var createdTime: Int64 = 0
    package var testTime: Int64 = 0
    /// Duration of the last test in milliseconds.
    package var responseTime: Int64 = 0
    package var baseURL: String?
    package var other: String?
    package var balance = 0.0
    package var balanceUpdatedTime: Int64 = 0
    package var models = ""
    package var group = "default"
    package var usedQuota: Int64 = 0
    package var modelMapping: String?
    package var priority: Int64?
    package var config = ""
    package var systemPrompt: String?

    package init() {}

    static let columns =
        "id, type, key, status, name, weight, created_time, test_time, response_time, base_url, other, balance, "
        + "balance_updated_time, models, `group`, used_quota, model_mapping, priority, config, system_prompt"

    init(_ row: Row) {
        id = row.int(0)
        type = row.int(1)
        key = row.text(2)
        status = row.int(3)
        name = row.text(4)
        weight = row.optionalInt(5)
        createdTime = row.int(6)
        testTime = row.int(7)
        responseTime = row.int(8)
        baseURL = row.optionalText(9)
        other = row.optionalText(10)
        balance = row.double(11)
        balanceUpdatedTime = row.int(12)
        models = row.text(13)
        group = row.text(14)
        usedQuota = row.int(15)
        modelMapping = row.optionalText(16)
        priority = row.optionalInt(17)
        config = row.text(18)
        systemPrompt = row.optionalText(19)
    }

    /// Distinct entries of the `models` and `group` lists, without the white space around them.
    package var modelList: [String] { Self.list(models) }
    package var groupList: [String] { Self.list(group) }

    private static func list(_ text: String) -> [String] {
        var seen: Set<String> = []
        return entries(text).filter { seen.insert($0).inserted }
    }

    /// What stands between the commas of a list, without white space around it and without empty entries.
    package static func entries(_ list: String) -> [String] {
        list.split(separator: ",").compactMap { entry in
            var rest = entry.drop(while: \.isWhitespace)
            while rest.last?.isWhitespace == true { rest.removeLast() }
            return rest.isEmpty ? nil : String(rest)
        }
    }
}
