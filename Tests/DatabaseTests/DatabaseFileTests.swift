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

    @Test("a database can be opened only once, whatever path or link leads to it")
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

    @Test("the lock is on the file, so that another process meets it")
    func otherProcess() throws {
        let directory = TemporaryDirectory()
        let database = try SQLiteDatabase(path: directory.path + "/a.db")
        let descriptor = open(directory.path + "/a.db", O_RDONLY)
        #expect(flock(descriptor, LOCK_EX | LOCK_NB) == -1 && errno == EWOULDBLOCK)
        database.close()
        #expect(flock(descriptor, LOCK_EX | LOCK_NB) == 0)
        // The test's own lock stands for another process that came first.
        #expect(throws: DatabaseError.inUse) { try SQLiteDatabase(path: directory.path + "/a.db") }
        close(descriptor)
        try SQLiteDatabase(path: directory.path + "/a.db").close()
    }

    @Test("a refused second opening does not release SQLite's locks")
    func keepsLocks() throws {
        let directory = TemporaryDirectory()
        let path = directory.path + "/a.db"
        try SQLiteDatabase(path: path).close()
        // Closed at the end, since closing any descriptor of the file releases the process's locks.
        let observer = open(path, O_RDWR)
        defer { close(observer) }
        let database = try SQLiteDatabase(path: path)
        #expect(isLocked(observer))
        #expect(throws: DatabaseError.inUse) { try SQLiteDatabase(path: path) }
        #expect(isLocked(observer))
        database.close()
        #expect(!isLocked(observer))
    }

    /// Whether anyone, even this process, has a lock on the file that is not this descriptor's own.
    private func isLocked(_ descriptor: Int32) -> Bool {
        var wanted = flock()
        wanted.l_type = Int16(F_WRLCK)
        // `F_OFD_GETLK`, which some versions of the Glibc module do not have.
        let status = withUnsafeMutablePointer(to: &wanted) { fcntl(descriptor, 36, $0) }
        return status == 0 && wanted.l_type != Int16(F_UNLCK)
    }

    @Test("a link is resolved to the real file, and a path to no file stays as it is")
    func realPath() throws {
        let directory = TemporaryDirectory()
        try SQLiteDatabase(path: directory.path + "/a.db").close()
        #expect(symlink("a.db", directory.path + "/b.db") == 0)
        #expect(DatabaseFile.realPath(of: directory.path + "/b.db") == directory.path + "/a.db")
        #expect(DatabaseFile.realPath(of: directory.path + "/none.db") == directory.path + "/none.db")
    }

    @Test("nobody else may read the files, not even those that one-api made")
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

    @Test("a write that another program blocks fails in time, and is not done later")
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
