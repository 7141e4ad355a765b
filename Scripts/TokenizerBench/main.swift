// Tokenises a file: `TokenizerBench cl100k|o200k count|ids FILE [ROUNDS]`. `count` prints tokens and seconds for all
// rounds. `ids` prints the token ids, one line for each text. The byte 0xFF, which never occurs in UTF-8, separates
// texts.
import Foundation
import Tokenizer

let arguments = CommandLine.arguments
guard arguments.count >= 4, let data = FileManager.default.contents(atPath: arguments[3]) else {
    print("usage: TokenizerBench cl100k|o200k count|ids FILE [ROUNDS]")
    exit(2)
}
let tokenizer = Tokenizer(arguments[1] == "cl100k" ? .cl100k : .o200k)
let bytes = [UInt8](data)
if arguments[2] == "ids" {
    for part in bytes.split(separator: 0xff, omittingEmptySubsequences: false) {
        print(tokenizer.encode(String(decoding: part, as: UTF8.self)).map(String.init).joined(separator: " "))
    }
} else {
    let rounds = arguments.count > 4 ? Int(arguments[4]) ?? 1 : 1
    var tokens = 0
    let clock = ContinuousClock()
    let elapsed = clock.measure { for _ in 0..<rounds { tokens += tokenizer.count(bytes) } }
    print(
        "\(tokens / max(1, rounds)) \(Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) / 1e18)"
    )
}
