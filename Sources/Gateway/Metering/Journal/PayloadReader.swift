import Database

/// Reads a record's payload, which may be anything. Reading past its end gives zero and is noted.
struct PayloadReader {
    let bytes: UnsafeRawBufferPointer
    private var position = 0
    private(set) var isOverrun = false

    init(bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    mutating func int() -> Int64 {
        guard position + 8 <= bytes.count else {
            isOverrun = true
            return 0
        }
        defer { position += 8 }
        return Int64(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: Int64.self))
    }

    mutating func text() -> String {
        let count = int()
        guard count >= 0, count <= bytes.count - position else {
            isOverrun = true
            return ""
        }
        defer { position += Int(count) }
        return String(decoding: bytes[position..<(position + Int(count))], as: UTF8.self)
    }

    mutating func log() -> LogRecord {
        var log = LogRecord()
        log.createdAt = int()
        log.quota = int()
        log.promptTokens = int()
        log.completionTokens = int()
        log.elapsedTime = int()
        let flags = int()
        log.isStream = flags & 1 != 0
        log.isSystemPromptReset = flags & 2 != 0
        log.content = text()
        log.username = text()
        log.tokenName = text()
        log.modelName = text()
        log.requestID = text()
        return log
    }
}
