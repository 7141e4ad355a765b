extension Connection {
    package func channel(id: Int64) throws(DatabaseError) -> ChannelRecord? {
        try first("SELECT \(ChannelRecord.columns) FROM channels WHERE id = ?", [.int(id)], ChannelRecord.init)
    }

    package func channels(page: Int64) throws(DatabaseError) -> [ChannelRecord] {
        try rows(
            "SELECT \(ChannelRecord.columns) FROM channels ORDER BY id DESC LIMIT ? OFFSET ?",
            [.int(pageSize), .int(page * pageSize)], ChannelRecord.init)
    }

    package func allChannels() throws(DatabaseError) -> [ChannelRecord] {
        try rows("SELECT \(ChannelRecord.columns) FROM channels ORDER BY id", [], ChannelRecord.init)
    }

    package func searchChannels(_ keyword: String) throws(DatabaseError) -> [ChannelRecord] {
        try rows(
            "SELECT \(ChannelRecord.columns) FROM channels WHERE id = ? OR name LIKE ? ESCAPE '\\' ORDER BY id DESC",
            [.int(Int64(keyword) ?? -1), .text(prefixPattern(keyword))], ChannelRecord.init)
    }

    /// Inserts the row and its abilities.
    @discardableResult
    package func insert(_ channel: ChannelRecord) throws(DatabaseError) -> Int64 {
        var inserted = channel
        inserted.id = try nextID(in: .channels)
        try run(
            "INSERT INTO channels(id, type, key, status, name, weight, created_time, test_time, response_time, base_url, other, balance, balance_updated_time, models, `group`, used_quota, model_mapping, priority, config, system_prompt) VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
            .int(inserted.id), .int(channel.type), .text(channel.key), .int(channel.status), .text(channel.name),
            SQLValue(channel.weight), .int(channel.createdTime), .int(channel.testTime), .int(channel.responseTime),
            SQLValue(channel.baseURL), SQLValue(channel.other), .double(channel.balance),
            .int(channel.balanceUpdatedTime), .text(channel.models), .text(channel.group), .int(channel.usedQuota),
            SQLValue(channel.modelMapping), SQLValue(channel.priority), .text(channel.config),
            SQLValue(channel.systemPrompt))
        try insertAbilities(of: inserted)
        return inserted.id
    }

    /// Changes the row and creates its abilities again.
    /// - Returns: the changed row; `nil` if there is none.
    package func updateChannel(_ id: Int64, _ changes: Changes) throws(DatabaseError) -> ChannelRecord? {
        guard try changes.apply(to: "channels", id: id, on: self), let channel = try channel(id: id) else { return nil }
        try run("DELETE FROM abilities WHERE channel_id = ?", .int(id))
        try insertAbilities(of: channel)
        return channel
    }

    private func insertAbilities(of channel: ChannelRecord) throws(DatabaseError) {
        for model in channel.modelList {
            for group in channel.groupList {
                try run(
                    "INSERT OR REPLACE INTO abilities(`group`, model, channel_id, enabled, priority) VALUES(?,?,?,?,?)",
                    .text(group), .text(model), .int(channel.id), SQLValue(channel.status == 1),
                    .int(channel.priority ?? 0))
            }
        }
    }

    /// Disables a channel because its key failed, unless somebody has changed its status or its key since then.
    /// - Returns: whether this call disabled it.
    package func disableChannel(_ id: Int64, key: String) throws(DatabaseError) -> Bool {
        guard
            try run("UPDATE channels SET status = 3 WHERE id = ? AND status = 1 AND `key` = ?", .int(id), .text(key))
                > 0
        else { return false }
        try run("UPDATE abilities SET enabled = ? WHERE channel_id = ?", SQLValue(false), .int(id))
        return true
    }

    /// Saves when a channel was tested (Unix seconds) and how long the test took (milliseconds).
    package func setChannelTest(_ id: Int64, time: Int64, milliseconds: Int64) throws(DatabaseError) {
        try run(
            "UPDATE channels SET test_time = ?, response_time = ? WHERE id = ?", .int(time), .int(milliseconds),
            .int(id))
    }

    package func deleteChannel(_ id: Int64) throws(DatabaseError) {
        try run("DELETE FROM abilities WHERE channel_id = ?", .int(id))
        try run("DELETE FROM channels WHERE id = ?", .int(id))
    }

    /// - Returns: how many channels were deleted.
    package func deleteDisabledChannels() throws(DatabaseError) -> Int {
        try run("DELETE FROM abilities WHERE channel_id IN (SELECT id FROM channels WHERE status IN (2, 3))")
        return try run("DELETE FROM channels WHERE status IN (2, 3)")
    }
}
