import Arithmetic
import Glibc

/// The ledger's write-ahead journal: a memory-mapped file of chunks that are written one after the other.
///
/// The kernel keeps the mapped pages of a killed process, so writing needs no system call. `mapping.synchronize()` is
/// for a power cut. A chunk is reused once its records are applied; if there is none, the file grows. Space is
/// allocated ahead, so a full disk is an error and never a SIGBUS. Each start replaces the old file with a new one. Not
/// thread-safe: the ledger's lock guards it.
struct Journal: ~Copyable {
    private let descriptor: Int32
    private let memory: UnsafeMutableRawPointer
    private let system: JournalSystem
    private let head: JournalHead
    private let seed: UInt32
    /// The number of mapped bytes, which is the largest size of the file.
    private let limit: Int
    /// The last sequence in each chunk.
    private var lastSequences: [Int64] = []
    private var active = 0
    private var offset = 0
    private(set) var lastSequence: Int64
    /// How far the journal was applied when it last failed to grow. It does not try again before more is applied.
    private var appliedAtFailure: Int64?
    /// Why it last failed to grow.
    private(set) var failure: JournalError?

    /// Creates the file under another name beside `path` and then moves it to `path`.
    /// - Parameters:
    ///   - size: how many bytes to allocate at once.
    ///   - limit: the largest size in bytes.
    init(
        path: String, size: Int, limit: Int, identity: Int64, generation: Int64, base: Int64,
        system: JournalSystem = JournalSystem()
    ) throws(JournalError) {
        let chunk = max(8192, (size.minus(JournalHead.size) / 2) & ~4095)
        head = JournalHead(chunkSize: chunk, identity: identity, generation: generation, base: base)
        self.limit = max(limit, JournalHead.size + 2 * chunk)
        self.system = system
        seed = JournalRecord.seed(identity)
        lastSequence = base
        lastSequences = [base, base]
        (descriptor, memory) = try Self.make(path, head, size: JournalHead.size + 2 * chunk, limit: self.limit, system)
    }

    private static func make(
        _ path: String, _ head: JournalHead, size: Int, limit: Int, _ system: JournalSystem
    ) throws(JournalError) -> (Int32, UnsafeMutableRawPointer) {
        let temporary = path + ".new"
        let descriptor = Glibc.open(temporary, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw JournalError(errno) }
        func failed(_ reason: Int32) -> JournalError {
            Glibc.close(descriptor)
            unlink(temporary)
            return JournalError(reason)
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else { throw failed(errno) }
        let status = system.allocate(descriptor, 0, size)
        guard status == 0 else { throw failed(status) }
        guard let memory = system.map(descriptor, limit) else { throw failed(errno) }
        head.write(to: memory)
        msync(memory, JournalHead.size, MS_SYNC)
        guard rename(temporary, path) == 0 else {
            let reason = errno
            munmap(memory, limit)
            throw failed(reason)
        }
        system.synchronizeNames(path)
        return (descriptor, memory)
    }

    deinit {
        munmap(memory, limit)
        close(descriptor)
    }

    var generation: Int64 { head.generation }

    /// The number of bytes left in the active chunk.
    var room: Int { head.chunkSize - offset }

    /// The size of the file in bytes.
    var size: Int { JournalHead.size + lastSequences.count * head.chunkSize }

    private func start(of chunk: Int) -> UnsafeMutableRawPointer { memory + JournalHead.size + chunk * head.chunkSize }

    /// Whether this many bytes of records can be written without another check. Grows the file if necessary.
    /// - Parameters:
    ///   - largest: the size of the largest record. This many bytes may be wasted at the end of a chunk.
    ///   - applied: records up to this sequence may be overwritten.
    mutating func hasRoom(for bytes: Int, largest: Int, applied: Int64) -> Bool {
        if room >= bytes { return true }
        let whole = head.chunkSize - largest
        guard whole > 0 else { return false }
        var available = max(0, room - largest)
        for (chunk, last) in lastSequences.enumerated() where chunk != active && last <= applied { available += whole }
        while available < bytes {
            guard grow(applied: applied) else { return false }
            available += whole
        }
        return true
    }

    private mutating func grow(applied: Int64) -> Bool {
        if appliedAtFailure == applied { return false }
        let status = size + head.chunkSize <= limit ? system.allocate(descriptor, size, head.chunkSize) : EFBIG
        guard status == 0 else {
            appliedAtFailure = applied
            failure = JournalError(status)
            return false
        }
        (appliedAtFailure, failure) = (nil, nil)
        lastSequences.append(head.base)
        return true
    }

    /// Appends a record. The caller has checked that there is room.
    /// - Returns: whether there was room.
    @discardableResult
    mutating func append(kind: UInt8, payload: UnsafeRawBufferPointer, applied: Int64) -> Bool {
        let size = JournalRecord.size(payload: payload.count)
        guard offset + size <= head.chunkSize || turn(applied: applied) && size <= head.chunkSize else { return false }
        lastSequence += 1
        let place = start(of: active) + offset
        // Old bytes after the record must not look like a record of this pass.
        if offset + size + 8 <= head.chunkSize { (place + size).storeBytes(of: 0, as: UInt64.self) }
        JournalRecord.write(sequence: lastSequence, kind: kind, payload: payload, seed: seed, at: place)
        offset += size
        lastSequences[active] = lastSequence
        return true
    }

    /// Moves on to another chunk whose records are all applied.
    private mutating func turn(applied: Int64) -> Bool {
        var next = lastSequences.indices.first { $0 != active && lastSequences[$0] <= applied }
        if next == nil, grow(applied: applied) { next = lastSequences.indices.last }
        guard let next else { return false }
        start(of: next).storeBytes(of: 0, as: UInt64.self)
        // It is not read before the next start. The kernel keeps the pages, but they no longer count as the process's.
        madvise(start(of: active), head.chunkSize, MADV_DONTNEED)
        active = next
        offset = 0
        return true
    }

    /// The mapping, for a thread that calls `synchronize` without the ledger's lock.
    var mapping: JournalMapping { JournalMapping(address: UInt(bitPattern: memory), size: limit) }
}
