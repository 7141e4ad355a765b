import CZlib
import Glibc

/// The first page of a journal file. It describes the layout of the rest, so that a changed setting loses nothing.
///
/// `magic u64, format u32, zero u32, chunkSize i64, identity i64, generation i64, base i64, crc32 u32`, little-endian.
struct JournalHead: Equatable {
    static let magic: UInt64 = 0x4f4e_4541_5049_4a32
    static let format: UInt32 = 2
    static let size = 4096
    private static let checked = 48

    /// The size of a chunk in bytes. A file is the head and a whole number of chunks.
    var chunkSize: Int
    /// The identity of the database that the records belong to.
    var identity: Int64
    /// The number of the file. Each start creates a new file.
    var generation: Int64
    /// The sequence of the last record before this file.
    var base: Int64

    func write(to memory: UnsafeMutableRawPointer) {
        memory.storeBytes(of: Self.magic.littleEndian, as: UInt64.self)
        memory.storeBytes(of: Self.format.littleEndian, toByteOffset: 8, as: UInt32.self)
        memory.storeBytes(of: 0, toByteOffset: 12, as: UInt32.self)
        for (index, value) in [Int64(chunkSize), identity, generation, base].enumerated() {
            memory.storeBytes(of: value.littleEndian, toByteOffset: 16 + index * 8, as: Int64.self)
        }
        let sum = checksum(UnsafeRawBufferPointer(start: memory, count: Self.checked))
        memory.storeBytes(of: sum.littleEndian, toByteOffset: Self.checked, as: UInt32.self)
    }

    /// - Parameter bytes: the size of the whole file.
    init?(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count >= Self.size, UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self)) == Self.magic,
            UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt32.self)) == Self.format,
            UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: Self.checked, as: UInt32.self))
                == checksum(UnsafeRawBufferPointer(rebasing: bytes[..<Self.checked]))
        else { return nil }
        func value(_ index: Int) -> Int64 {
            Int64(littleEndian: bytes.loadUnaligned(fromByteOffset: 16 + index * 8, as: Int64.self))
        }
        let size = Int(clamping: value(0))
        guard size >= 64, size <= 1 << 40, size % 8 == 0, value(3) >= 0, value(3) <= JournalRecord.sequenceLimit else {
            return nil
        }
        (chunkSize, identity, generation, base) = (size, value(1), value(2), value(3))
    }

    init(chunkSize: Int, identity: Int64, generation: Int64, base: Int64) {
        (self.chunkSize, self.identity, self.generation, self.base) = (chunkSize, identity, generation, base)
    }
}

func checksum(_ bytes: UnsafeRawBufferPointer, seed: UInt32 = 0) -> UInt32 {
    UInt32(
        truncatingIfNeeded: crc32(
            UInt(seed), bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), UInt32(clamping: bytes.count)))
}
