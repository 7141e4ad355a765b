import Arithmetic
package import Database
import Glibc

/// Why there is no backup.
package enum BackupError: Error, Equatable {
    case noDatabase(String)
    /// A backup writes over nothing.
    case exists(String)
    case cannotRead(String, reason: String)
    case cannotWrite(String, reason: String)
    case database(DatabaseError)
}

/// Copies the database of a gateway, which may be running, into one file that needs no journal.
///
/// The journal is read first and the database copied after that, in one transaction: the records that are not in the copy
/// were all in the journal when it was read, since the gateway writes over a record only once the database has it. They
/// are applied to the copy, which notes that: beside a journal, none of them is applied again.
package struct Backup {
    /// Bytes of the file.
    package let size: Int
    /// Records that only the journal had.
    package let records: Int

    /// - Parameters:
    ///   - database: the path that the gateway has, or a link to it.
    ///   - file: must not exist.
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

    /// Read and not mapped, since the gateway may cut the file.
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

    /// Applies what the journal has beyond the copy, and notes in the copy that nothing is missing, where that is so.
    /// - Returns: how many records.
    private static func complete(_ copy: Connection, with journal: [UInt8]) throws(DatabaseError) -> Int {
        let standing = try copy.ledgerStanding()
        let applied = standing.position.sequence
        // Where the database's own note cannot be true, the next start has to say so.
        guard (0...JournalRecord.sequenceLimit / 2).contains(applied) else { return 0 }
        let contents = journal.withUnsafeBytes {
            JournalReader.read($0, identity: standing.identity, after: applied)
        }
        // What the copy says of a journal that is lost is for the next start to judge.
        if contents.head == .missing || contents.head == .foreign { return 0 }
        // A record that was written while the journal was read may be missing before a later one.
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

    /// Makes an empty file that only its owner reads: what is not complete must not be taken for a backup.
    private static func newFile(beside file: String) throws(BackupError) -> String {
        let path = "\(file).partial-\(getpid())"
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .cannotWrite(path, reason: String(cString: strerror(errno))) }
        close(descriptor)
        return path
    }

    /// Gives the complete file its name, unless somebody has taken that meanwhile.
    /// - Returns: its size.
    private static func give(_ name: String, to partial: String) throws(BackupError) -> Int {
        if link(partial, name) != 0 {
            let reason = errno
            // Some file systems know only one name of a file.
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
