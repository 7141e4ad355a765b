import Glibc
import JSON
import Testing

/// One folder of `Fixtures/OpenAI/chat`: a request, what the upstream answered, and what that comes to.
struct FixtureCase: Sendable, CustomTestStringConvertible {
    let name: String
    let request: [UInt8]
    /// A whole answer; `nil` if it streams.
    let response: [UInt8]?
    let stream: [UInt8]?
    let expected: JSON

    var testDescription: String { name }

    static let all: [FixtureCase] = names.map { FixtureCase(name: $0) }
    static let streams = all.filter { $0.stream != nil }
    static let wholes = all.filter { $0.response != nil }

    private init(name: String) {
        self.name = name
        request = Self.read("\(name)/request.json") ?? []
        response = Self.read("\(name)/response.json")
        stream = Self.read("\(name)/stream.sse")
        expected = Self.read("\(name)/expected.json").flatMap { try? JSON.parse($0) } ?? .null
    }

    private static let root =
        "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/") + "/Fixtures/OpenAI/chat"

    private static let names: [String] = {
        guard let directory = opendir(root) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if !name.hasPrefix(".") { names.append(name) }
        }
        return names.sorted()
    }()

    private static func read(_ path: String) -> [UInt8]? {
        guard let file = fopen(root + "/" + path, "rb") else { return nil }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = fread(&block, 1, block.count, file)
            if count == 0 { return bytes }
            bytes += block[..<count]
        }
    }
}

extension FixtureCase {
    var outcome: String { expected["outcome"]?.string ?? "" }
    /// prompt, completion, cached, reasoning; `nil` where the upstream says nothing.
    var usage: [Int64]? {
        guard let usage = expected["usage"], !usage.isNull else { return nil }
        return ["prompt", "completion", "cached", "reasoning"].map { usage[$0]?.int ?? -1 }
    }
}
