import Arithmetic

/// The number of rows in a page of every list of the management API (spec/management-api.md §1).
package let pageSize: Int64 = 10

/// Makes a `LIKE` pattern that matches a prefix literally. Use it with `ESCAPE '\'`.
func prefixPattern(_ keyword: String) -> String {
    var escaped = ""
    for character in keyword {
        if character == "%" || character == "_" || character == "\\" { escaped.append("\\") }
        escaped.append(character)
    }
    return escaped + "%"
}

/// The sum of a column as two columns, which `Row.sum` adds up. SQLite's own sum fails beyond 64 bits, and one-api
/// limits no value.
func sum(_ column: StaticString) -> String {
    "COALESCE(SUM(\(column) >> 32), 0), COALESCE(SUM(\(column) & 4294967295), 0)"
}

extension Row {
    func sum(_ column: Int) -> Int64 {
        let (high, low) = (int(column).plus(int(column + 1) >> 32), int(column + 1) & 0xffff_ffff)
        if Int32(exactly: high) == nil { return high < 0 ? .min : .max }
        return high << 32 | low
    }
}

/// Columns and their new values. Only these columns are written, so counters in the same row keep their values.
package struct Changes: Sendable {
    private(set) var columns: [String] = []
    private(set) var values: [SQLValue] = []

    package init() {}

    package var isEmpty: Bool { columns.isEmpty }

    /// - Parameter column: a name from our own code, never from a client.
    package mutating func set(_ column: StaticString, _ value: SQLValue) {
        columns.append("`\(column)` = ?")
        values.append(value)
    }

    func apply(to table: StaticString, id: Int64, on connection: Connection) throws(DatabaseError) -> Bool {
        guard !isEmpty else { return true }
        let sql = "UPDATE `\(table)` SET \(columns.joined(separator: ", ")) WHERE id = ?"
        return try connection.run(sql, values + [.int(id)]) > 0
    }
}
