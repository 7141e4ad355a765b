import Glibc

/// System calls of the journal. Tests can make them fail.
struct JournalSystem: Sendable {
    /// Allocates bytes of a file (descriptor, offset, length), so that a full disk is an error now and no SIGBUS later.
    /// - Returns: 0 or an error number.
    var allocate: @Sendable (Int32, Int, Int) -> Int32 = { posix_fallocate($0, off_t($1), off_t($2)) }

    /// Maps a file as shared memory; `nil` if that fails.
    var map: @Sendable (Int32, Int) -> UnsafeMutableRawPointer? = { descriptor, size in
        let mapped = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0)
        return mapped == MAP_FAILED ? nil : mapped
    }

    /// Gives a file a second name (old path, new path).
    /// - Returns: whether that worked. Some file systems allow only one name for a file.
    var link: @Sendable (String, String) -> Bool = { Glibc.link($0, $1) == 0 }

    /// Writes the directory of a file to the disk, so that its new and changed names survive a power cut.
    var synchronizeNames: @Sendable (String) -> Void = { path in
        let end = path.lastIndex(of: "/")
        let directory = end.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        let descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        fsync(descriptor)
        close(descriptor)
    }
}

/// The mapped range. It is valid as long as the journal.
struct JournalMapping: Sendable {
    let address: UInt
    let size: Int

    func synchronize() { msync(UnsafeMutableRawPointer(bitPattern: address), size, MS_SYNC) }
}
