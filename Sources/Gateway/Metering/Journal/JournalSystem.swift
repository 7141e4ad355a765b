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
}

/// The mapped range; valid as long as the journal is.
struct JournalMapping: Sendable {
    let address: UInt
    let size: Int

    func synchronize() { msync(UnsafeMutableRawPointer(bitPattern: address), size, MS_SYNC) }
}
