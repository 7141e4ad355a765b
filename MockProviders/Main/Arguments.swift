import Conform
import MockKit

/// The command line after it was checked.
struct Arguments {
    enum Action { case serve, help, version, conform }
    struct Problem: Error { let message: String }

    var action = Action.serve
    var target = Target(baseURL: "", key: "", model: "gpt-4o-mini")
    /// The files for the judge's report, as JSON and as JUnit's XML.
    var reportPath: String?
    var junitPath: String?
    /// Which cases to run: those whose names contain one of these texts. Empty for all.
    var only: [String] = []
    /// A file that names the cases that are known to fail.
    var expectationsPath: String?
    var configuration = MockConfiguration(host: "127.0.0.1", port: 8400)

    static let help = """
        MockProviders plays the upstreams of One API: OpenAI at /openai/v1, Azure at /azure, Anthropic at
        /anthropic, Gemini at /gemini, PaLM at /palm, Baidu at /baidu, Ali at /ali, Zhipu at /zhipu; its controls
        are at /_mock.

        Usage: MockProviders [flags]
          --port N          port to listen at (default 8400; 0 takes any free one)
          --host ADDRESS    numeric address to listen at (default 127.0.0.1)
          --seed N          fixes ids and times: the same request gets the same bytes
          --journal FILE    append each request to FILE as a line of JSON
          --no-journal      keep no requests in memory
          --threads N       event loops (default 1)
          --version         print the version
          --help            print this

        Usage: MockProviders conform --target URL --key KEY [--model M] [--format openai] [--report FILE] [flags]
          Judges a gateway: listens as above, asks the gateway at URL (with /v1), whose channel for the
          model has to lead here, and tells what came through, what was lost, and what was billed wrongly.
          --target URL      the gateway, such as http://127.0.0.1:3000/v1
          --key KEY         an API key of the gateway's
          --model M         the model to ask for (default gpt-4o-mini)
          --reasoning-model M, --search-model M
                            models to ask for thoughts and for a search; without them --model is asked
          --embedding-model M, --image-model M
                            models for those endpoints; without them their cases read 'not offered'
          --only TEXT       run only the cases whose name contains TEXT; may be given several times
          --expect FILE     the cases that are known to fail, a name a line; '#' begins a comment
          --format F        the format to speak; only openai so far
          --report FILE     write the report as JSON too, with what went over the wire
          --junit FILE      write the report as JUnit's XML too
          Exit status: 0 if nothing was lost or billed wrongly but what --expect names, 1 if something was,
          2 for a wrong flag, 3 if the gateway cannot be judged (it is not there, refuses the key or the
          model, or its channel leads elsewhere).
        """

    static func parse(_ words: [String]) -> Result<Arguments, Problem> {
        var arguments = Arguments()
        var words = words
        if words.first == "conform" {
            arguments.action = .conform
            words.removeFirst()
        }
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
        if arguments.action == .conform, arguments.configuration.journalEntries == 0 {
            return .failure(Problem(message: "conform reads the journal; leave --no-journal out"))
        }
        if arguments.action == .conform, arguments.target.baseURL.isEmpty || arguments.target.key.isEmpty {
            return .failure(Problem(message: "conform needs --target and --key; see --help"))
        }
        return .success(arguments)
    }

    private static func split(_ word: String) -> (String, String?) {
        guard let equals = word.firstIndex(of: "=") else { return (word, nil) }
        return (String(word[..<equals]), String(word[word.index(after: equals)...]))
    }

    /// - Returns: one line that says what is wrong.
    private mutating func set(_ flag: String, _ value: String?) -> String? {
        let known = ["--port", "--host", "--seed", "--journal", "--threads"]
        let judging = [
            "--target", "--key", "--model", "--reasoning-model", "--search-model", "--embedding-model", "--image-model",
            "--format", "--report", "--junit", "--only", "--expect",
        ]
        guard known.contains(flag) || judging.contains(flag) else { return "unknown flag '\(flag)'; see --help" }
        guard known.contains(flag) || action == .conform else { return "\(flag) goes with conform; see --help" }
        guard let value, !value.isEmpty else { return "\(flag) needs a value" }
        switch flag {
        case "--target":
            guard value.hasPrefix("http://") || value.hasPrefix("https://") else {
                return "--target must begin with http:// or https://, not '\(value)'"
            }
            target.baseURL = value
        case "--key": target.key = value
        case "--model": target.model = value
        case "--reasoning-model": target.reasoningModel = value
        case "--search-model": target.searchModel = value
        case "--embedding-model": target.embeddingModel = value
        case "--image-model": target.imageModel = value
        case "--report": reportPath = value
        case "--junit": junitPath = value
        case "--only": only.append(value)
        case "--expect": expectationsPath = value
        case "--format": if value != "openai" { return "--format knows only openai, not '\(value)'" }
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
