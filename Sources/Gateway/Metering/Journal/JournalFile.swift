import Database
import Glibc

/// Why the journal cannot be used.
package enum JournalError: Error, Equatable, Sendable {
    case cannotOpen(String)
    /// Another process has locked this database's journal.
    case inUse
    case diskFull

    init(_ number: Int32) {
        self =
            number == ENOSPC || number == EDQUOT || number == EFBIG
            ? .diskFull : .cannotOpen(String(cString: strerror(number)))
    }
}

/// The last run's journal file, locked for this process until the new file replaces it.
struct JournalFile: ~Copyable {
    let path: String
    private let descriptor: Int32

    /// Opens the file or creates an empty one.
    init(path: String) throws(JournalError) {
        self.path = path
        descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw JournalError(errno) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            throw .inUse
        }
        fchmod(descriptor, 0o600)
    }

    deinit { close(descriptor) }

    func contents(identity: Int64) throws(JournalError) -> JournalContents {
        var facts = stat()
        guard fstat(descriptor, &facts) == 0 else { throw JournalError(errno) }
        let size = Int(facts.st_size)
        guard size > 0 else { return JournalContents(head: .missing) }
        guard let mapped = mmap(nil, size, PROT_READ, MAP_PRIVATE, descriptor, 0), mapped != MAP_FAILED else {
            throw JournalError(errno)
        }
        defer { munmap(mapped, size) }
        return JournalReader.read(UnsafeRawBufferPointer(start: mapped, count: size), identity: identity)
    }

    /// Gives the file a second name, so that it stays there for the operator after another file takes its place. An
    /// earlier start that was killed may have done so already.
    /// - Returns: the name; `nil` if the file cannot have a second one.
    func keepBeside(_ system: JournalSystem) -> String? {
        for name in names {
            if !isThis(name) {
                if access(name, F_OK) == 0 { continue }
                guard system.link(path, name) else { return nil }
            }
            system.synchronizeNames(path)
            return name
        }
        return nil
    }

    /// An unused path beside the file.
    func freeName() -> String? { names.first { access($0, F_OK) != 0 } }

    /// - Returns: whether the file was moved to the new path.
    func move(to name: String, _ system: JournalSystem) -> Bool {
        guard rename(path, name) == 0 else { return false }
        system.synchronizeNames(path)
        return true
    }

    private var names: some Sequence<String> { (1...1000).lazy.map { [path] in "\(path).kept-\($0)" } }

    /// Whether a path leads to this file.
    private func isThis(_ name: String) -> Bool {
        var (own, other) = (stat(), stat())
        return fstat(descriptor, &own) == 0 && lstat(name, &other) == 0 && own.st_ino == other.st_ino
            && own.st_dev == other.st_dev
    }

    /// Whether no other path leads to the file.
    var hasOneName: Bool {
        var own = stat()
        return fstat(descriptor, &own) == 0 && own.st_nlink == 1
    }

    /// Frees the file's space.
    func empty() { ftruncate(descriptor, 0) }

    /// The end of the journal's name, behind the name of its database.
    static let suffix = "-oneapi-journal"

    /// The journal's path: beside the database's real file, even if the database was opened through a link.
    ///
    /// Up to version 0.1 the journal lay beside the link. Such a journal is moved.
    static func path(besideDatabase path: String) -> String {
        let realPath = DatabaseFile.realPath(of: path)
        if realPath != path, access(realPath + suffix, F_OK) != 0, rename(path + suffix, realPath + suffix) == 0 {
            JournalSystem().synchronizeNames(realPath)
        }
        return realPath + suffix
    }
}
