/// Reads the layout of version 0.1, so that an update after a killed run loses nothing.
///
/// The file has two halves, each with `magic u64, generation i64, identity i64` and then records of `length u32, crc32
/// u32, sequence i64, kind u8, payload`. The checksum covers everything after it. A zero length ends the records.
struct FirstJournal {
    struct Segment {
        let range: Range<Int>
        let identity: Int64
    }

    private static let magic: UInt64 = 0x4f4e_4541_5049_4a31
    private static let headSize = 24
    private static let overhead = 17

    private let bytes: UnsafeRawBufferPointer

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    /// The segments with a complete head.
    var segments: [Segment] {
        let half = bytes.count / 2
        return [0, half].compactMap { start in
            guard half >= Self.headSize, bytes.loadUnaligned(fromByteOffset: start, as: UInt64.self) == Self.magic
            else { return nil }
            return Segment(
                range: (start + Self.headSize)..<(start + half),
                identity: bytes.loadUnaligned(fromByteOffset: start + 16, as: Int64.self))
        }
    }

    func scan(_ region: Range<Int>, _ ends: inout JournalEnds, _ body: (JournalRecord) -> Void) {
        var place = region.lowerBound
        ends.begin(isCertain: true)
        while place + Self.overhead <= region.upperBound {
            if let (record, size) = record(at: place, end: region.upperBound) {
                body(record)
                ends.record(record.sequence)
                place += size
                continue
            }
            ends.noRecord(isZero: bytes.loadUnaligned(fromByteOffset: place, as: UInt32.self) == 0)
            // A zero length means that there is no record.
            place += bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self) == 0 ? 5 : 1
        }
        ends.finish()
    }

    private func record(at place: Int, end: Int) -> (JournalRecord, size: Int)? {
        let length = Int(bytes.loadUnaligned(fromByteOffset: place, as: UInt32.self))
        guard length >= 9, length <= JournalRecord.payloadLimit, place + 8 + length <= end else { return nil }
        let content = UnsafeRawBufferPointer(rebasing: bytes[(place + 8)..<(place + 8 + length)])
        guard bytes.loadUnaligned(fromByteOffset: place + 4, as: UInt32.self) == checksum(content) else { return nil }
        let sequence = content.loadUnaligned(as: Int64.self)
        guard sequence > 0, sequence <= JournalRecord.sequenceLimit else { return nil }
        let payload = UnsafeRawBufferPointer(rebasing: content[9...])
        return (JournalRecord(sequence: sequence, kind: content[8], payload: payload), 8 + length)
    }
}
