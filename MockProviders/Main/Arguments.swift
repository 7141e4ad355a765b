import MockKit

/// The command line, checked.
struct Arguments {
    enum Action { case serve, help, version }
    struct Problem: Error { let message: String }

    var action = Action.serve
    var configuration = MockConfiguration(host: "127.0.0.1", port: 8400)

    static let help = """
        MockProviders plays the upstreams of One API: OpenAI at /openai/v1, its controls at /_mock.

        Usage: MockProviders [flags]
          --port N          port to listen at (default 8400; 0 takes any free one)
          --host ADDRESS    numeric address to listen at (default 127.0.0.1)
          --seed N          fixes ids and times: the same request gets the same bytes
          --journal FILE    append each request to FILE as a line of JSON
          --no-journal      keep no requests in memory
          --threads N       event loops (default 1)
          --version         print the version
          --help            print this
        """

    static func parse(_ words: [String]) -> Result<Arguments, Problem> {
        var arguments = Arguments()
        var index = 0
        while index < words.count {
            var (flag, inline) = split(words[index])
            if flag.hasPrefix("-"), !flag.hasPrefix("--") { flag = "-" + flag }
            index += 1
            switch flag {
            case "--help": arguments.action = .help
            case "--version": arguments.action = .version
            case "--no-journal": arguments.configuration.journalEntries = 0
            default:
                let value = inline ?? (index < words.count ? words[index] : nil)
                if inline == nil { index += 1 }
                if let problem = arguments.set(flag, value) { return .failure(Problem(message: problem)) }
            }
        }
        return .success(arguments)
    }

    private static func split(_ word: String) -> (String, String?) {
        guard let equals = word.firstIndex(of: "=") else { return (word, nil) }
        return (String(word[..<equals]), String(word[word.index(after: equals)...]))
    }

    /// - Returns: what is wrong, in one line.
    private mutating func set(_ flag: String, _ value: String?) -> String? {
        guard ["--port", "--host", "--seed", "--journal", "--threads"].contains(flag) else {
            return "unknown flag '\(flag)'; see --help"
        }
        guard let value, !value.isEmpty else { return "\(flag) needs a value" }
        switch flag {
        case "--host": configuration.host = value
        case "--journal": configuration.journalPath = value
        case "--seed":
            guard let seed = UInt64(value) else { return "--seed must be a whole number, not '\(value)'" }
            configuration.seed = seed
        case "--threads":
            guard let count = Int(value), (1...256).contains(count) else {
                return "--threads must be a number from 1 to 256, not '\(value)'"
            }
            configuration.threads = count
        default:
            guard let port = Int(value), (0...65535).contains(port) else {
                return "--port must be a number from 0 to 65535, not '\(value)'"
            }
            configuration.port = port
        }
        return nil
    }
}
