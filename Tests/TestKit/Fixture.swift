import Glibc

/// Files under `Fixtures`. Their path is derived from the path of this file.
package enum Fixture {
    private static let checkout = "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/") + "/"
    private static let root = checkout + "Fixtures/"

    /// A file of the checkout, such as `Sources/Providers/README.md`.
    package static func source(_ path: String) -> [UInt8] { readFile(checkout + path) }

    /// Replaces the first Markdown table in a file of the checkout.
    package static func replaceTable(in path: String, with table: String) throws {
        var lines = String(decoding: source(path), as: UTF8.self).split(
            separator: "\n", omittingEmptySubsequences: false
        ).map(String.init)
        let start = lines.firstIndex { $0.hasPrefix("|") } ?? lines.endIndex
        let end = lines[start...].firstIndex { !$0.hasPrefix("|") } ?? lines.endIndex
        lines.replaceSubrange(start..<end, with: [table])
        guard let file = fopen(checkout + path, "wb") else { throw FixtureError.notWritten(path) }
        defer { fclose(file) }
        let bytes = Array(lines.joined(separator: "\n").utf8)
        guard fwrite(bytes, 1, bytes.count, file) == bytes.count else { throw FixtureError.notWritten(path) }
    }

    package static func read(_ path: String) -> [UInt8] { readFile(root + path) }

    /// Writes a file into the fixtures, for a test that is told to.
    package static func write(_ path: String, _ bytes: [UInt8]) throws { try writeFile(root + path, bytes) }

    /// The bytes of a file; `nil` if it does not exist.
    package static func bytes(_ path: String) -> [UInt8]? {
        access(root + path, R_OK) == 0 ? readFile(root + path) : nil
    }

    /// The sorted names of the folders in a folder.
    package static func folders(_ path: String) -> [String] {
        guard let directory = opendir(root + path) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if !name.hasPrefix("."), entry.pointee.d_type == UInt8(DT_DIR) { names.append(name) }
        }
        return names.sorted()
    }
}

package enum FixtureError: Error { case notWritten(String) }

/// The bytes of a whole file; empty if it cannot be read.
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

/// A directory that is deleted when this object is destroyed.
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
