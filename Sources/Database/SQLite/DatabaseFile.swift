import Glibc
import Synchronization

/// The database's file, locked for this process and closed to other users of the machine.
///
/// The lock is `flock` on the file itself, so that it holds whatever path, symbolic link or hard link leads to it. It
/// lives apart from SQLite's own locks, which are of `fcntl`; but closing any descriptor of the file gives those up, so
/// this one stays open until SQLite has closed its own.
package final class DatabaseFile: Sendable {
    private struct Identity: Hashable {
        let device: UInt64
        let inode: UInt64

        init(_ facts: stat) { (device, inode) = (UInt64(facts.st_dev), UInt64(facts.st_ino)) }
    }

    /// Files that this process has open; asked first, since opening one again and closing it would drop SQLite's locks.
    private static let known = Mutex<Set<Identity>>([])

    /// Without symbolic links: what belongs to the database lies beside this path.
    let path: String
    private let identity: Identity
    private let descriptor: Mutex<Int32>

    /// Opens or creates the file.
    /// - Throws: `DatabaseError.inUse` where another process, or another database of this one, has it.
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

    /// Where a path leads to; the path itself if nothing is there.
    package static func realPath(of path: String) -> String {
        guard let resolved = realpath(path, nil) else { return path }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    /// Secrets are in these files. SQLite gives those that it makes later the database's own mode.
    private func closeToOthers() {
        for file in [path, path + "-wal", path + "-shm"] {
            var facts = stat()
            if stat(file, &facts) == 0, facts.st_mode & 0o077 != 0 { chmod(file, facts.st_mode & 0o700) }
        }
    }

    /// To be called when SQLite has closed the file.
    func release() {
        descriptor.withLock { descriptor in
            guard descriptor >= 0 else { return }
            Self.known.withLock { _ = $0.remove(identity) }
            close(descriptor)
            descriptor = -1
        }
    }
}
