import Glibc

/// Files under `Fixtures`, found from this file's own place.
package enum Fixture {
    package static func read(_ path: String, file: String = #filePath) -> [UInt8] {
        let root = file.split(separator: "/").dropLast(3).joined(separator: "/")
        return readFile("/\(root)/Fixtures/\(path)")
    }
}

/// The whole of a file; empty if it cannot be read.
package func readFile(_ path: String) -> [UInt8] {
    guard let file = fopen(path, "rb") else { return [] }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var block = [UInt8](repeating: 0, count: 64 << 10)
    while true {
        let count = fread(&block, 1, block.count, file)
        if count == 0 { return bytes }
        bytes += block[..<count]
    }
}

/// A directory that is gone when the value dies.
package final class TemporaryDirectory {
    package let path: String

    package init() {
        var template = Array("/tmp/one-api-test-XXXXXX".utf8CString)
        path = mkdtemp(&template).map { String(cString: $0) } ?? "/tmp"
    }

    deinit {
        guard path.hasPrefix("/tmp/one-api-test-"), let directory = opendir(path) else { return }
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { unlink("\(path)/\(name)") }
        }
        closedir(directory)
        rmdir(path)
    }
}

/// Writes a whole file.
package func writeFile(_ path: String, _ bytes: [UInt8]) throws {
    guard let file = fopen(path, "wb") else { throw RawClientError.notConnected }
    defer { fclose(file) }
    fwrite(bytes, 1, bytes.count, file)
}
