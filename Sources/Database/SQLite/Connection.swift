import CSQLite

/// The value of a column or a parameter.
package enum SQLValue: Sendable, Equatable, ExpressibleByStringLiteral, ExpressibleByIntegerLiteral {
    case null
    case int(Int64)
    case double(Double)
    case text(String)

    package init(stringLiteral value: String) { self = .text(value) }
    package init(integerLiteral value: Int64) { self = .int(value) }
    package init(_ value: Bool) { self = .int(value ? 1 : 0) }
    package init(_ value: String?) { self = value.map { .text($0) } ?? .null }
    package init(_ value: Int64?) { self = value.map { .int($0) } ?? .null }
}

/// One SQLite connection with its prepared statements. Its owner must use it from one thread at a time.
package final class Connection {
    private let handle: OpaquePointer
    private var statements: [String: OpaquePointer] = [:]
    /// The texts bound to the running statement. SQLite reads them here and does not copy them one by one.
    private var texts = UnsafeMutableRawBufferPointer(start: nil, count: 0)

    /// - Parameter isReadOnly: whether the connection refuses every change.
    init(path: String, busyTimeout: Int, isReadOnly: Bool) throws(DatabaseError) {
        var opened: OpaquePointer?
        let flags =
            (isReadOnly ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE) | SQLITE_OPEN_NOMUTEX
        let status = sqlite3_open_v2(path, &opened, flags, nil)
        guard status == SQLITE_OK, let opened else {
            let reason = opened.map { String(cString: sqlite3_errmsg($0)) } ?? "out of memory"
            sqlite3_close_v2(opened)
            throw .cannotOpen(reason)
        }
        handle = opened
        sqlite3_busy_timeout(handle, Int32(clamping: busyTimeout))
    }

    deinit {
        for statement in statements.values { sqlite3_finalize(statement) }
        sqlite3_close_v2(handle)
        texts.deallocate()
    }

    /// Runs statements without parameters or rows.
    package func execute(_ sql: String) throws(DatabaseError) {
        let status = sqlite3_exec(handle, sql, nil, nil, nil)
        if status != SQLITE_OK { throw error(status) }
    }

    /// Runs one statement and returns how many rows it changed.
    @discardableResult
    package func run(_ sql: String, _ parameters: SQLValue...) throws(DatabaseError) -> Int {
        try run(sql, parameters)
    }

    @discardableResult
    package func run(_ sql: String, _ parameters: [SQLValue]) throws(DatabaseError) -> Int {
        let statement = try prepared(sql, parameters, keepsTexts: true)
        defer { sqlite3_reset(statement) }
        let status = sqlite3_step(statement)
        guard status == SQLITE_DONE || status == SQLITE_ROW else { throw error(status) }
        return Int(sqlite3_changes(handle))
    }

    /// Runs a query and maps its rows.
    package func rows<T>(
        _ sql: String, _ parameters: [SQLValue] = [], _ map: (Row) -> T
    ) throws(DatabaseError) -> [T] {
        let statement = try prepared(sql, parameters)
        defer { sqlite3_reset(statement) }
        var found: [T] = []
        while true {
            switch sqlite3_step(statement) {
            case SQLITE_ROW: found.append(map(Row(statement: statement)))
            case SQLITE_DONE: return found
            case let status: throw error(status)
            }
        }
    }

    /// The first row of a query.
    package func first<T>(
        _ sql: String, _ parameters: [SQLValue] = [], _ map: (Row) -> T
    ) throws(DatabaseError) -> T? {
        try rows(sql, parameters, map).first
    }

    /// - Parameter keepsTexts: whether the statement ends before another begins, so that `texts` may hold its texts.
    private func prepared(
        _ sql: String, _ parameters: [SQLValue], keepsTexts: Bool = false
    ) throws(DatabaseError) -> OpaquePointer {
        let statement = try statement(for: sql)
        sqlite3_reset(statement)
        if keepsTexts { makeRoom(for: parameters) }
        var used = 0
        for (index, parameter) in parameters.enumerated() {
            let position = Int32(index + 1)
            let status =
                switch parameter {
                case .null: sqlite3_bind_null(statement, position)
                case .int(let value): sqlite3_bind_int64(statement, position, value)
                case .double(let value): sqlite3_bind_double(statement, position, value)
                case .text(let text):
                    keepsTexts
                        ? bindKept(text, to: statement, at: position, &used) : bind(text, to: statement, at: position)
                }
            if status != SQLITE_OK { throw error(status) }
        }
        return statement
    }

    /// SQLITE_TRANSIENT: SQLite copies the text. In C it is a cast, which Swift does not import.
    private static let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)

    private func makeRoom(for parameters: [SQLValue]) {
        var needed = 0
        for case .text(let text) in parameters { needed += text.utf8.count }
        guard needed > texts.count else { return }
        texts.deallocate()
        texts = UnsafeMutableRawBufferPointer.allocate(byteCount: max(4096, needed), alignment: 1)
    }

    private func bindKept(_ text: String, to statement: OpaquePointer, at position: Int32, _ used: inout Int) -> Int32 {
        var text = text
        return text.withUTF8 { bytes in
            guard !bytes.isEmpty, let base = texts.baseAddress else {
                return sqlite3_bind_text(statement, position, "", 0, Self.transient)
            }
            let start = base + used
            UnsafeMutableRawBufferPointer(start: start, count: bytes.count).copyMemory(
                from: UnsafeRawBufferPointer(bytes))
            used += bytes.count
            return sqlite3_bind_text(
                statement, position, start.assumingMemoryBound(to: CChar.self), Int32(clamping: bytes.count), nil)
        }
    }

    private func bind(_ text: String, to statement: OpaquePointer, at position: Int32) -> Int32 {
        var text = text
        return text.withUTF8 { bytes in
            bytes.withMemoryRebound(to: CChar.self) {
                guard let base = $0.baseAddress else {
                    return sqlite3_bind_text(statement, position, "", 0, Self.transient)
                }
                return sqlite3_bind_text(statement, position, base, Int32(clamping: $0.count), Self.transient)
            }
        }
    }

    private func statement(for sql: String) throws(DatabaseError) -> OpaquePointer {
        if let known = statements[sql] { return known }
        var made: OpaquePointer?
        let status = sqlite3_prepare_v3(handle, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &made, nil)
        guard status == SQLITE_OK, let made else { throw error(status) }
        statements[sql] = made
        return made
    }

    /// Copies this whole database over another one, as it is at one moment; others may write meanwhile.
    func copy(to target: Connection) throws(DatabaseError) {
        guard let backup = sqlite3_backup_init(target.handle, "main", handle, "main") else {
            throw target.error(sqlite3_errcode(target.handle))
        }
        // In one step, which is one transaction of the source. It is busy only where another process recovers the file.
        var status = sqlite3_backup_step(backup, -1)
        for _ in 0..<20 where status == SQLITE_BUSY || status == SQLITE_LOCKED {
            sqlite3_sleep(100)
            status = sqlite3_backup_step(backup, -1)
        }
        let end = sqlite3_backup_finish(backup)
        guard status == SQLITE_DONE, end == SQLITE_OK else { throw target.error(status == SQLITE_DONE ? end : status) }
    }

    private func error(_ status: Int32) -> DatabaseError {
        let text = String(cString: sqlite3_errmsg(handle))
        return switch status & 0xff {
        case SQLITE_FULL: .full
        case SQLITE_IOERR, SQLITE_NOMEM, SQLITE_READONLY, SQLITE_INTERRUPT, SQLITE_PROTOCOL: .unavailable(text)
        case SQLITE_BUSY, SQLITE_LOCKED: .busy
        case SQLITE_CONSTRAINT: .constraint(text)
        case SQLITE_NOTADB, SQLITE_CANTOPEN, SQLITE_CORRUPT: .cannotOpen(text)
        default: .failed(text)
        }
    }
}

/// A result row. NULL reads as the zero value, since old databases hold it (spec/database.md §2).
package struct Row {
    let statement: OpaquePointer

    package func int(_ column: Int) -> Int64 { sqlite3_column_int64(statement, Int32(column)) }
    package func double(_ column: Int) -> Double { sqlite3_column_double(statement, Int32(column)) }
    package func bool(_ column: Int) -> Bool { int(column) != 0 }
    package func isNull(_ column: Int) -> Bool { sqlite3_column_type(statement, Int32(column)) == SQLITE_NULL }
    package func optionalInt(_ column: Int) -> Int64? { isNull(column) ? nil : int(column) }
    package func optionalText(_ column: Int) -> String? { isNull(column) ? nil : text(column) }

    package func text(_ column: Int) -> String {
        guard let bytes = sqlite3_column_text(statement, Int32(column)) else { return "" }
        let count = Int(sqlite3_column_bytes(statement, Int32(column)))
        return String(decoding: UnsafeBufferPointer(start: bytes, count: count), as: UTF8.self)
    }
}
