import CZlib
import Glibc

/// Why the journal cannot be used.
package enum JournalError: Error, Equatable, Sendable {
    case cannotOpen(String)
    /// Another process has this database's journal.
    case inUse
    case diskFull
}

/// The ledger's write-ahead journal: two memory-mapped segments, written in turn.
///
/// A record is `length u32, crc32 u32, sequence u64, kind u8, payload`, its checksum over all that follows it. A killed
/// process leaves its mapped pages to the kernel, so writing costs no system call; `mapping.synchronize()` is for a power cut. A
/// segment begins with a magic number and its generation; the older one is written over once its records are applied.
/// Space is allocated ahead, so a full disk is an error at start and never a SIGBUS. Not thread-safe: the ledger's lock
/// guards it.
struct Journal: ~Copyable {
    struct Record {
        var sequence: Int64
        var kind: UInt8
        var payload: UnsafeRawBufferPointer
    }

    static let overhead = 17
    private static let magic: UInt64 = 0x4f4e_4541_5049_4a31
    private static let headerSize = 24

    private let descriptor: Int32
    private let memory: UnsafeMutableRawPointer
    private let segmentSize: Int
    /// Which database the records belong to.
    private let identity: Int64
    private var active = 0
    private(set) var generation: Int64 = 0
    private var offset = 0
    private(set) var lastSequence: Int64 = 0
    /// Last sequence of the segment that is not active.
    private var otherLastSequence: Int64 = 0

    /// Opens or creates the file and locks it for this process.
    /// - Parameters:
    ///   - size: bytes of the whole file.
    ///   - identity: of the database; records that were written for another are not read.
    ///   - applied: the database's last applied sequence, which new ones must exceed.
    init(path: String, size: Int, identity: Int64, applied: Int64) throws(JournalError) {
        self.identity = identity
        descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .cannotOpen(String(cString: strerror(errno))) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            throw .inUse
        }
        var facts = stat()
        fstat(descriptor, &facts)
        let total = max(size, Int(facts.st_size))
        let status = posix_fallocate(descriptor, 0, off_t(total))
        guard status == 0 else {
            close(descriptor)
            throw status == ENOSPC ? .diskFull : .cannotOpen(String(cString: strerror(status)))
        }
        guard let mapped = mmap(nil, total, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0), mapped != MAP_FAILED
        else {
            close(descriptor)
            throw .cannotOpen(String(cString: strerror(errno)))
        }
        memory = mapped
        segmentSize = total / 2
        restorePosition()
        lastSequence = max(lastSequence, applied)
    }

    deinit {
        munmap(memory, segmentSize * 2)
        close(descriptor)
    }

    private func header(_ segment: Int) -> UnsafeMutableRawPointer { memory + segment * segmentSize }

    private func generation(of segment: Int) -> Int64? {
        guard header(segment).load(as: UInt64.self) == Self.magic,
            (header(segment) + 16).load(as: Int64.self) == identity
        else { return nil }
        return (header(segment) + 8).load(as: Int64.self)
    }

    /// Finds the newer segment and the end of its records.
    private mutating func restorePosition() {
        let generations = [generation(of: 0), generation(of: 1)]
        guard let newest = generations.compactMap({ $0 }).max() else {
            begin(segment: 0, generation: 1)
            return
        }
        active = generations[0] == newest ? 0 : 1
        generation = newest
        var lastOther: Int64 = 0
        if generations[1 - active] != nil { _ = scan(1 - active) { lastOther = $0.sequence } }
        otherLastSequence = lastOther
        var last: Int64 = lastOther
        offset = scan(active) { last = max(last, $0.sequence) }
        lastSequence = last
    }

    /// Visits both segments' records, oldest first.
    func replay(_ body: (Record) -> Void) {
        if let other = generation(of: 1 - active), other < generation { _ = scan(1 - active, body) }
        _ = scan(active, body)
    }

    /// - Returns: the offset behind the last whole record.
    private func scan(_ segment: Int, _ body: (Record) -> Void) -> Int {
        let base = UnsafeRawPointer(header(segment))
        var position = Self.headerSize
        var previous: Int64 = 0
        while position + Self.overhead <= segmentSize {
            let length = Int((base + position).loadUnaligned(as: UInt32.self))
            guard length >= 9, position + 8 + length <= segmentSize else { break }
            let content = UnsafeRawBufferPointer(start: base + position + 8, count: length)
            guard (base + position + 4).loadUnaligned(as: UInt32.self) == checksum(content) else { break }
            let sequence = content.loadUnaligned(as: Int64.self)
            guard sequence > previous else { break }
            previous = sequence
            body(Record(sequence: sequence, kind: content[8], payload: UnsafeRawBufferPointer(rebasing: content[9...])))
            position += 8 + length
        }
        return position
    }

    /// Bytes that the active segment has left.
    var room: Int { segmentSize - offset }

    var capacity: Int { segmentSize - Self.headerSize }

    /// Appends a record; the caller has seen to `room`.
    mutating func append(kind: UInt8, payload: UnsafeRawBufferPointer) {
        let length = payload.count + 9
        guard offset + 8 + length <= segmentSize else { return }
        lastSequence += 1
        let start = header(active) + offset
        (start + 8).storeBytes(of: lastSequence, as: Int64.self)
        (start + 16).storeBytes(of: kind, as: UInt8.self)
        if let base = payload.baseAddress { (start + 17).copyMemory(from: base, byteCount: payload.count) }
        // What lies behind must not be taken for a record of this generation.
        if offset + 8 + length + 4 <= segmentSize { (start + 8 + length).storeBytes(of: 0, as: UInt32.self) }
        let content = UnsafeRawBufferPointer(start: start + 8, count: length)
        (start + 4).storeBytes(of: checksum(content), as: UInt32.self)
        start.storeBytes(of: UInt32(length), as: UInt32.self)
        offset += 8 + length
    }

    /// Turns to the other segment if all its records are applied.
    mutating func turn(applied: Int64) -> Bool {
        guard otherLastSequence <= applied else { return false }
        otherLastSequence = lastSequence
        // Read again at the next start only: the pages stay the kernel's, and no longer count as the process's.
        madvise(header(active), segmentSize, MADV_DONTNEED)
        begin(segment: 1 - active, generation: generation + 1)
        return true
    }

    private mutating func begin(segment: Int, generation new: Int64) {
        (header(segment) + Self.headerSize).storeBytes(of: 0, as: UInt32.self)
        (header(segment) + 8).storeBytes(of: new, as: Int64.self)
        (header(segment) + 16).storeBytes(of: identity, as: Int64.self)
        header(segment).storeBytes(of: Self.magic, as: UInt64.self)
        active = segment
        generation = new
        offset = Self.headerSize
    }

    /// What `synchronize` needs, for a thread that does not hold the ledger's lock.
    var mapping: JournalMapping { JournalMapping(address: UInt(bitPattern: memory), size: segmentSize * 2) }
}

/// The mapped range; valid as long as the journal is.
struct JournalMapping: Sendable {
    let address: UInt
    let size: Int

    func synchronize() { msync(UnsafeMutableRawPointer(bitPattern: address), size, MS_SYNC) }
}

private func checksum(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
    UInt32(
        truncatingIfNeeded: crc32(0, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), UInt32(bytes.count)))
}
