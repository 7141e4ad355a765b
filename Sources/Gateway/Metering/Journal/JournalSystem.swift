import Glibc

/// The system calls of the journal that a test lets fail.
struct JournalSystem: Sendable {
    /// Allocates bytes of a file, so that a full disk is an error now and never a SIGBUS; descriptor, offset, length.
    /// - Returns: 0 or an error number.
    var allocate: @Sendable (Int32, Int, Int) -> Int32 = { posix_fallocate($0, off_t($1), off_t($2)) }

    /// Maps a file, shared; `nil` if that fails.
    var map: @Sendable (Int32, Int) -> UnsafeMutableRawPointer? = { descriptor, size in
        let mapped = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0)
        return mapped == MAP_FAILED ? nil : mapped
    }

    /// Gives a file a second name; old and new path.
    /// - Returns: whether it has it. Some file systems know only one name of a file.
    var link: @Sendable (String, String) -> Bool = { Glibc.link($0, $1) == 0 }

    /// Makes the names beside a file outlast a power cut: new ones, and those that point elsewhere now.
    var synchronizeNames: @Sendable (String) -> Void = { path in
        let end = path.lastIndex(of: "/")
        let directory = end.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        let descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        fsync(descriptor)
        close(descriptor)
    }
}

/// The mapped range; valid as long as the journal is.
struct JournalMapping: Sendable {
    let address: UInt
    let size: Int

    func synchronize() { msync(UnsafeMutableRawPointer(bitPattern: address), size, MS_SYNC) }
}
