/// A row of `logs` (spec/database.md §3.7).
package struct LogRecord: Sendable, Equatable {
    /// The `type` column.
    package enum Kind: Int64, Sendable {
        case unknown = 0
        case topUp = 1
        case consume = 2
        case manage = 3
        case system = 4
        case test = 5
    }

    package var id: Int64 = 0
    package var userID: Int64 = 0
    package var createdAt: Int64 = 0
    package var type: Int64 = 0
    package var content = ""
    package var username = ""
    package var tokenName = ""
    package var modelName = ""
    package var quota: Int64 = 0
    package var promptTokens: Int64 = 0
    package var completionTokens: Int64 = 0
    package var channelID: Int64 = 0
    package var requestID = ""
    /// Milliseconds.
    package var elapsedTime: Int64 = 0
    package var isStream = false
    package var isSystemPromptReset = false

    package init() {}

    static let columns =
        "id, user_id, created_at, type, content, username, token_name, model_name, quota, prompt_tokens, "
        + "completion_tokens, channel_id, request_id, elapsed_time, is_stream, system_prompt_reset"

    init(_ row: Row) {
        id = row.int(0)
        userID = row.int(1)
        createdAt = row.int(2)
        type = row.int(3)
        content = row.text(4)
        username = row.text(5)
        tokenName = row.text(6)
        modelName = row.text(7)
        quota = row.int(8)
        promptTokens = row.int(9)
        completionTokens = row.int(10)
        channelID = row.int(11)
        requestID = row.text(12)
        elapsedTime = row.int(13)
        isStream = row.bool(14)
        isSystemPromptReset = row.bool(15)
    }
}
