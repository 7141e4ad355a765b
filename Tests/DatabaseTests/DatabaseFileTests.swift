import Glibc
import TestKit
import TestTraits
import Testing

@testable import Database

@Suite(.inTurn) struct DatabaseFileTests {
    private func mode(_ path: String) -> mode_t {
        var facts = stat()
        return stat(path, &facts) == 0 ? facts.st_mode & 0o777 : 0
    }

    @Test("a database is opened once, whatever path or link leads to it")
    func links() async throws {
        let directory = TemporaryDirectory()
        let path = directory.path + "/a.db"
        let database = try SQLiteDatabase(path: path)
        #expect(symlink(path, directory.path + "/symbolic.db") == 0)
        #expect(link(path, directory.path + "/hard.db") == 0)
        for other in ["/a.db", "/symbolic.db", "/hard.db", "/./a.db"] {
            #expect(throws: DatabaseError.inUse) { try SQLiteDatabase(path: directory.path + other) }
        }
        try await database.write { try $0.setOption("a", "b") }
        database.close()
        for other in ["/symbolic.db", "/a.db"] { try SQLiteDatabase(path: directory.path + other).close() }
    }

    @Test("the lock is on the file, where another process meets it")
    func otherProcess() throws {
        let directory = TemporaryDirectory()
        let database = try SQLiteDatabase(path: directory.path + "/a.db")
        let descriptor = open(directory.path + "/a.db", O_RDONLY)
        #expect(flock(descriptor, LOCK_EX | LOCK_NB) == -1 && errno == EWOULDBLOCK)
        database.close()
        #expect(flock(descriptor, LOCK_EX | LOCK_NB) == 0)
        // As another process that was there first.
        #expect(throws: DatabaseError.inUse) { try SQLiteDatabase(path: directory.path + "/a.db") }
        close(descriptor)
        try SQLiteDatabase(path: directory.path + "/a.db").close()
    }

    @Test("a second opening that is refused leaves SQLite the locks that it has")
    func keepsLocks() throws {
        let directory = TemporaryDirectory()
        let path = directory.path + "/a.db"
        try SQLiteDatabase(path: path).close()
        // Closed last: closing any descriptor of the file gives its locks up.
        let observer = open(path, O_RDWR)
        defer { close(observer) }
        let database = try SQLiteDatabase(path: path)
        #expect(isLocked(observer))
        #expect(throws: DatabaseError.inUse) { try SQLiteDatabase(path: path) }
        #expect(isLocked(observer))
        database.close()
        #expect(!isLocked(observer))
    }

    /// Whether anybody, this process included, has a lock on a part of the file that is not of the descriptor's own.
    private func isLocked(_ descriptor: Int32) -> Bool {
        var wanted = flock()
        wanted.l_type = Int16(F_WRLCK)
        // `F_OFD_GETLK`, which Glibc's module does not name everywhere.
        let status = withUnsafeMutablePointer(to: &wanted) { fcntl(descriptor, 36, $0) }
        return status == 0 && wanted.l_type != Int16(F_UNLCK)
    }

    @Test("a link leads to the real file's place, and a path that leads nowhere is itself")
    func realPath() throws {
        let directory = TemporaryDirectory()
        try SQLiteDatabase(path: directory.path + "/a.db").close()
        #expect(symlink("a.db", directory.path + "/b.db") == 0)
        #expect(DatabaseFile.realPath(of: directory.path + "/b.db") == directory.path + "/a.db")
        #expect(DatabaseFile.realPath(of: directory.path + "/none.db") == directory.path + "/none.db")
    }

    @Test("nobody else may read the files, those of one-api neither")
    func modes() async throws {
        let directory = TemporaryDirectory()
        let path = directory.path + "/a.db"
        do {
            let old = try Connection(path: path, busyTimeout: 100, isReadOnly: false)
            try old.execute("CREATE TABLE a(b)")
        }
        #expect(chmod(path, 0o644) == 0)
        let database = try SQLiteDatabase(path: path)
        try await database.write { try $0.setOption("a", "b") }
        for file in [path, path + "-wal", path + "-shm"] { #expect(mode(file) == 0o600) }
        database.close()
        let other = try SQLiteDatabase(path: directory.path + "/new.db")
        for file in ["/new.db", "/new.db-wal", "/new.db-shm"] { #expect(mode(directory.path + file) == 0o600) }
        other.close()
    }

    @Test("a writer that another program keeps out says so within its time, and does nothing later")
    func busy() async throws {
        let directory = TemporaryDirectory()
        let database = try SQLiteDatabase(path: directory.path + "/a.db", busyTimeout: 100)
        let other = try Connection(path: directory.path + "/a.db", busyTimeout: 100, isReadOnly: false)
        try other.execute("BEGIN IMMEDIATE")
        await #expect(throws: DatabaseError.busy) { try await database.write { try $0.setOption("a", "b") } }
        try other.execute("ROLLBACK")
        try await database.write { try $0.setOption("c", "d") }
        #expect(try await database.read { try $0.options() }.map(\.key) == ["c"])
        database.close()
    }
}
