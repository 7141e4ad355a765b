import Arithmetic
package import Database
import Glibc

/// Why there is no backup.
package enum BackupError: Error, Equatable {
    case noDatabase(String)
    /// The file exists. A backup never overwrites a file.
    case exists(String)
    case cannotRead(String, reason: String)
    case cannotWrite(String, reason: String)
    case database(DatabaseError)
}

/// Copies the database of a gateway, which may be running, into one file that needs no journal.
///
/// The journal is read first. Then the database is copied in one transaction. The gateway overwrites a record only
/// after the database has it, so every record up to the reading is in the journal's bytes or in the copy. Records that
/// the copy lacks are applied to it, and the copy notes its position, so that no journal applies them again.
package struct Backup {
    /// The size of the file in bytes.
    package let size: Int
    /// The number of records that only the journal had.
    package let records: Int

    /// - Parameters:
    ///   - database: the path of the gateway's database, or a link to it.
    ///   - file: the path of the backup. It must not exist.
    package init(of database: String, to file: String, busyTimeout: Int) throws(BackupError) {
        let journal = DatabaseFile.realPath(of: database) + JournalFile.suffix
        try self.init(of: database, journal: journal, to: file, busyTimeout: busyTimeout)
    }

    init(of database: String, journal: String, to file: String, busyTimeout: Int) throws(BackupError) {
        let source = DatabaseFile.realPath(of: database)
        guard access(source, F_OK) == 0 else { throw .noDatabase(database) }
        var facts = stat()
        if lstat(file, &facts) == 0 { throw .exists(file) }
        let records = try Self.contents(journal)
        let partial = try Self.newFile(beside: file)
        defer { unlink(partial) }
        do throws(DatabaseError) {
            var count = 0
            try SQLiteDatabase.copy(
                from: source, to: partial, busyTimeout: busyTimeout
            ) { copy throws(DatabaseError) in count = try Self.complete(copy, with: records) }
            self.records = count
        } catch { throw .database(error) }
        size = try Self.give(file, to: partial)
    }

    // MARK: The journal

    /// Reads the file instead of mapping it, since the gateway may truncate it.
    private static func contents(_ path: String) throws(BackupError) -> [UInt8] {
        guard let file = fopen(path, "rbe") else {
            if errno == ENOENT { return [] }
            throw .cannotRead(path, reason: String(cString: strerror(errno)))
        }
        defer { fclose(file) }
        var facts = stat()
        fstat(fileno(file), &facts)
        let size = Int(facts.st_size)
        let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            count = fread(buffer.baseAddress, 1, size, file)
        }
        if ferror(file) != 0 { throw .cannotRead(path, reason: String(cString: strerror(errno))) }
        return bytes
    }

    /// Applies the records that the copy lacks. Unless the journal's head is damaged, it also notes in the copy that
    /// nothing is missing.
    /// - Returns: the number of applied records.
    private static func complete(_ copy: Connection, with journal: [UInt8]) throws(DatabaseError) -> Int {
        let standing = try copy.ledgerStanding()
        let applied = standing.position.sequence
        // The position in the database cannot be true. The next start has to report that.
        guard (0...JournalRecord.sequenceLimit / 2).contains(applied) else { return 0 }
        let contents = journal.withUnsafeBytes {
            JournalReader.read($0, identity: standing.identity, after: applied)
        }
        // The next start decides what a missing or foreign journal means for this copy.
        if contents.head == .missing || contents.head == .foreign { return 0 }
        // Records that were written during the reading may be incomplete. Stop at the first gap.
        var last = applied
        let records = contents.records.prefix { record in
            guard record.sequence == last.plus(1) else { return false }
            last = record.sequence
            return true
        }
        var position = LedgerPosition(generation: standing.position.generation, sequence: last)
        if case .sound(let head) = contents.head { position.generation = max(position.generation, head.generation) }
        try copy.apply(LedgerGroup(records.lazy.map { $0.entry }.filter(\.movesSomething), position: position))
        if contents.head != .damaged { try copy.setLedger(position, .closed) }
        return records.count
    }

    // MARK: The file

    /// Creates an empty file under another name, so that nobody takes an incomplete file for a backup. Only its owner
    /// can read it.
    private static func newFile(beside file: String) throws(BackupError) -> String {
        let path = "\(file).partial-\(getpid())"
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .cannotWrite(path, reason: String(cString: strerror(errno))) }
        close(descriptor)
        return path
    }

    /// Gives the complete file its name, unless another file has that name meanwhile.
    /// - Returns: the size of the file in bytes.
    private static func give(_ name: String, to partial: String) throws(BackupError) -> Int {
        if link(partial, name) != 0 {
            let reason = errno
            // Some file systems allow only one name for a file.
            guard reason != EEXIST, access(name, F_OK) != 0 else { throw .exists(name) }
            guard rename(partial, name) == 0 else {
                throw .cannotWrite(name, reason: String(cString: strerror(errno)))
            }
        }
        JournalSystem().synchronizeNames(name)
        var facts = stat()
        stat(name, &facts)
        return Int(facts.st_size)
    }
}

extension BackupError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .noDatabase(let path): "there is no database at \(path)"
        case .exists(let file): "\(file) exists already; a backup writes over nothing"
        case .cannotRead(let path, let reason): "cannot read \(path): \(reason)"
        case .cannotWrite(let path, let reason): "cannot write \(path): \(reason)"
        case .database(.full): "the disk is full"
        case .database(.newerVersion(let found, let known)):
            "the database is of a newer version (\(found)) than this program knows (\(known))"
        case .database(.cannotOpen(let reason)), .database(.failed(let reason)), .database(.unavailable(let reason)):
            "the database cannot be copied: \(reason)"
        case .database(.busy): "the database is locked by another program"
        case .database(let error): "the database cannot be copied: \(error)"
        }
    }
}
