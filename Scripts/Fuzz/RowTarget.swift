import Database
import Gateway

/// Rows with values that the gateway did not write, in any column: from one-api or edited by hand.
final class RowTarget: FuzzTarget {
    let name = "rows"
    let samples = ["", "abc", "9223372036854775807", #"{"a":"b"}"#, "gpt-4o,,a", "10.0.0.0/99", "1e308", "true"].map {
        Array($0.utf8)
    }
    private let gateway: FuzzGateway
    private let columns: [(table: String, column: String)]
    private static let tables = ["users", "tokens", "channels", "abilities", "logs", "options", "redemptions"]
    /// Accounts stay open by their ids, so each row belongs to another user.
    private var number = 10

    init() throws {
        let gateway = try FuzzGateway()
        _ = gateway.ask(
            "POST", "/v1/embeddings", Array(#"{"model":"text-embedding-3-small","input":"a"}"#.utf8),
            key: "sk-roottoken")
        for table in Self.tables { try gateway.change("CREATE TABLE copy_\(table) AS SELECT * FROM \(table)") }
        let database = gateway.database
        let columns = try waiting {
            try await database.read { connection in
                try Self.tables.flatMap { table in
                    try connection.rows("SELECT name FROM pragma_table_info('\(table)')") { ($0.text(0)) }.map {
                        (table, $0)
                    }
                }
            }
        }
        (self.gateway, self.columns) = (gateway, columns)
    }

    func check(_ input: [UInt8], _ generator: inout Generator) -> String? {
        number += 1
        do { try restore() } catch { return "the database cannot be restored: \(error)" }
        for _ in 0...generator.below(3) {
            let (table, column) = columns[generator.below(columns.count)]
            let change = "UPDATE \(table) SET `\(column)` = \(Self.literal(input, &generator))"
            LastInput.becomes(change)
            try? gateway.change(change)
        }
        do {
            try gateway.refresh()
            let database = gateway.database
            _ = try waiting { try await OptionStore(database: database).snapshot.display(.min) }
        } catch is OptionError {} catch {
            return "the rows cannot be read: \(error)"
        }
        for (path, key) in [
            ("/api/user/", "rootaccess"), ("/api/user/self", "rootaccess"), ("/api/token/", "rootaccess"),
            ("/api/channel/", "rootaccess"), ("/api/log/", "rootaccess"), ("/api/log/stat", "rootaccess"),
            ("/api/user/dashboard", "rootaccess"), ("/v1/dashboard/billing/usage", "sk-fuzz\(number)"),
            ("/dashboard/billing/subscription", "sk-fuzz\(number)"), ("/v1/models", "sk-fuzz\(number)"),
        ] {
            if let complaint = complaint(about: gateway.ask("GET", path, nil, key: key), path) { return complaint }
        }
        let body = Array(#"{"model":"gpt-4o","messages":[{"role":"user","content":"hi"}]}"#.utf8)
        gateway.upstream.answers(
            200,
            Array(
                #"{"id":"a","choices":[{"index":0,"message":{"content":"b"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":1}}"#
                    .utf8))
        let path = "/v1/chat/completions"
        return complaint(about: gateway.ask("POST", path, body, key: "sk-fuzz\(number)"), path)
    }

    private func restore() throws {
        for table in Self.tables {
            try gateway.change("DELETE FROM \(table)", "INSERT INTO \(table) SELECT * FROM copy_\(table)")
        }
        try gateway.change(
            "UPDATE users SET id = \(number)",
            "UPDATE tokens SET id = \(number), user_id = \(number), key = 'fuzz\(number)'")
    }

    private static func literal(_ input: [UInt8], _ generator: inout Generator) -> String {
        let text = String(decoding: input.filter { $0 != 0 && $0 != 0x27 }, as: UTF8.self)
        switch generator.below(8) {
        case 0: return "'\(text)'"
        case 1: return "NULL"
        case 2: return ["1e308", "-0.5", "9e999", "1.5", "-9e999"][generator.below(5)]
        case 3: return ["x'ff00fe'", "CAST(x'ff41' AS TEXT)", "zeroblob(70000)", "x''"][generator.below(4)]
        case 4: return "'\(String(decoding: generator.extreme(), as: UTF8.self))'"
        default:
            return ["9223372036854775807", "-9223372036854775807-1", "-1", "0", "2147483648", "1"][generator.below(6)]
        }
    }
}
