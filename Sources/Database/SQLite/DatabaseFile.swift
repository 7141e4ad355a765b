import Glibc
import Synchronization

/// The database's file, locked for this process and unreadable for other users of the machine.
///
/// The lock is `flock` on the file itself, so it holds for every path, symbolic link and hard link to it. SQLite's own
/// locks are of `fcntl` and do not conflict with it. But closing any descriptor of the file releases SQLite's locks, so
/// this descriptor stays open until SQLite has closed its own.
package final class DatabaseFile: Sendable {
    private struct Identity: Hashable {
        let device: UInt64
        let inode: UInt64

        init(_ facts: stat) { (device, inode) = (UInt64(facts.st_dev), UInt64(facts.st_ino)) }
    }

    /// Files that this process has open. It is checked first: opening one again and closing it would drop SQLite's
    /// locks.
    private static let known = Mutex<Set<Identity>>([])

    /// The path without symbolic links. The other files of the database lie beside it.
    let path: String
    private let identity: Identity
    private let descriptor: Mutex<Int32>

    /// Opens or creates the file.
    /// - Throws: `DatabaseError.inUse` if another process, or another database object of this process, has it open.
    init(path: String) throws(DatabaseError) {
        var facts = stat()
        if stat(path, &facts) == 0, Self.known.withLock({ $0.contains(Identity(facts)) }) { throw .inUse }
        let opened = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard opened >= 0 else { throw .cannotOpen(String(cString: strerror(errno))) }
        guard flock(opened, LOCK_EX | LOCK_NB) == 0 else {
            let reason = errno
            close(opened)
            throw reason == EWOULDBLOCK ? .inUse : .cannotOpen(String(cString: strerror(reason)))
        }
        fstat(opened, &facts)
        self.path = Self.realPath(of: path)
        identity = Identity(facts)
        descriptor = Mutex(opened)
        Self.known.withLock { _ = $0.insert(identity) }
        closeToOthers()
    }

    deinit { release() }

    /// The path with its symbolic links resolved; the path itself if nothing is there.
    package static func realPath(of path: String) -> String {
        guard let resolved = realpath(path, nil) else { return path }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    /// These files hold secrets. SQLite gives files that it creates later the mode of the database.
    private func closeToOthers() {
        for file in [path, path + "-wal", path + "-shm"] {
            var facts = stat()
            if stat(file, &facts) == 0, facts.st_mode & 0o077 != 0 { chmod(file, facts.st_mode & 0o700) }
        }
    }

    /// Call this after SQLite has closed the file.
    func release() {
        descriptor.withLock { descriptor in
            guard descriptor >= 0 else { return }
            Self.known.withLock { _ = $0.remove(identity) }
            close(descriptor)
            descriptor = -1
        }
    }
}
