/// One record in a journal.
///
/// `marker u32, crc32 u32, length u32, kind u8, zero × 3, sequence i64, payload`, padded to a multiple of eight. The
/// checksum covers the database's identity and everything after itself, so a valid record is ours wherever it is found.
/// A reader can therefore find the records after a damaged part, even without the head.
struct JournalRecord {
    static let marker: UInt32 = 0x5245_4331
    static let overhead = 24
    /// No counter reaches larger numbers.
    static let sequenceLimit: Int64 = 1 << 62
    static let payloadLimit = 4096

    var sequence: Int64
    var kind: UInt8
    var payload: UnsafeRawBufferPointer

    /// The size of a record with a payload of this size.
    static func size(payload count: Int) -> Int { (overhead + count + 7) & ~7 }

    static func seed(_ identity: Int64) -> UInt32 { UInt32(truncatingIfNeeded: identity ^ (identity >> 32)) }

    /// Writes a record at `start`. The marker is written last, so that a kill in between leaves no record.
    static func write(
        sequence: Int64, kind: UInt8, payload: UnsafeRawBufferPointer, seed: UInt32, at start: UnsafeMutableRawPointer
    ) {
        start.storeBytes(of: UInt32(payload.count).littleEndian, toByteOffset: 8, as: UInt32.self)
        start.storeBytes(of: UInt32(kind).littleEndian, toByteOffset: 12, as: UInt32.self)
        start.storeBytes(of: sequence.littleEndian, toByteOffset: 16, as: Int64.self)
        if let base = payload.baseAddress { (start + overhead).copyMemory(from: base, byteCount: payload.count) }
        let sum = checksum(UnsafeRawBufferPointer(start: start + 8, count: overhead - 8 + payload.count), seed: seed)
        let word = UInt64(marker) | UInt64(sum) << 32
        start.storeBytes(of: word.littleEndian, as: UInt64.self)
    }

    /// The record at a position; `nil` if there is no complete one.
    init?(_ bytes: UnsafeRawBufferPointer, at place: Int, end: Int, seed: UInt32) {
        guard place + Self.overhead <= end else { return nil }
        let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self))
        guard UInt32(truncatingIfNeeded: word) == Self.marker else { return nil }
        let length = Int(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: place + 8, as: UInt32.self)))
        guard length <= Self.payloadLimit, place + Self.overhead + length <= end else { return nil }
        let content = UnsafeRawBufferPointer(rebasing: bytes[(place + 8)..<(place + Self.overhead + length)])
        guard UInt32(word >> 32) == checksum(content, seed: seed) else { return nil }
        let sequence = Int64(littleEndian: bytes.loadUnaligned(fromByteOffset: place + 16, as: Int64.self))
        guard sequence > 0, sequence <= Self.sequenceLimit else { return nil }
        self.sequence = sequence
        kind = bytes[place + 12]
        payload = UnsafeRawBufferPointer(
            rebasing: bytes[(place + Self.overhead)..<(place + Self.overhead + length)])
    }

    init(sequence: Int64, kind: UInt8, payload: UnsafeRawBufferPointer) {
        (self.sequence, self.kind, self.payload) = (sequence, kind, payload)
    }
}
