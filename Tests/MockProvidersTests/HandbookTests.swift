import Glibc
import MockKit
import TestKit
import TestTraits
import Testing

/// Runs the handbook: each block of each page in `MockProviders/Docs`.
///
/// The rule: a block that opens with exactly ```` ```sh ```` runs by itself, in an empty directory, with `/bin/bash
/// -e`. Each gets its own mock in place of `127.0.0.1:8400`. It must succeed and print something, unless one of its
/// lines is `# no answer`. A block that starts a server, builds or installs something opens with ```` ```sh skip ````.
/// It does not run, nor does one with any other label, such as ```` ```text ```` or ```` ```python ````.
@Suite(.inTurn) struct HandbookTests {
    struct Block: Sendable, CustomTestStringConvertible {
        let page: String
        /// The line of its first command, counted from 1.
        let line: Int
        var text = ""
        var testDescription: String { "\(page):\(line)" }

        var hasAnswer: Bool { !commands.contains("# no answer") }
        /// Whether no test may run it.
        var isForHumans: Bool {
            commands.contains { line in ["swift ", "pip ", ".build/"].contains { line.hasPrefix($0) } }
        }
        private var commands: [Substring] { text.split(separator: "\n") }
    }

    private static let folder =
        "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/") + "/MockProviders/Docs"

    static let pages: [String] = {
        guard let directory = opendir(folder) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name.hasSuffix(".md") { names.append(name) }
        }
        return names.sorted()
    }()

    static let blocks: [Block] = pages.flatMap { blocks(of: $0) }

    private static func blocks(of page: String) -> [Block] {
        let text = String(decoding: readFile("\(folder)/\(page)"), as: UTF8.self)
        var blocks: [Block] = []
        var open: Block?
        var isInside = false
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            if line.hasPrefix("```") {
                if let block = open { blocks.append(block) }
                isInside.toggle()
                open = isInside && line == "```sh" ? Block(page: page, line: index + 2) : nil
            } else {
                open?.text += line + "\n"
            }
        }
        return blocks
    }

    @Test("There is a handbook, and each page has something to run")
    func pagesRun() {
        #expect(!Self.pages.isEmpty)
        for page in Self.pages { #expect(Self.blocks.contains { $0.page == page }, "\(page)") }
    }

    @Test("A block of the handbook runs unchanged and has an answer", arguments: blocks)
    func runs(block: Block) async throws {
        try #require(!block.isForHumans, "a block that builds, installs or serves opens with ```sh skip")
        let mock = try Mock(seed: nil)
        let directory = TemporaryDirectory()
        let script = block.text.replacing("127.0.0.1:8400", with: "127.0.0.1:\(mock.port)")
        try writeFile(directory.path + "/block.sh", Array(script.utf8))
        let outcome = Shell.run("/bin/bash -e block.sh", in: directory.path)
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(!block.hasAnswer || !outcome.output.isEmpty, "\(outcome.errors)")
        await mock.stop()
    }
}
