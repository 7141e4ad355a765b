import Formats
import HTTP

extension Configuration {
    /// What the command line asks for.
    package enum Command: Sendable {
        case run(Configuration)
        /// Copies the database to a file that does not exist yet.
        case backup(Configuration, file: String)
        case version
        case help
    }

    /// Reads flags and environment; a variable `PORT` wins over `--port`, as in one-api.
    /// - Parameter arguments: without the program's name.
    package static func parse(
        arguments: [String], environment: [String: String]
    ) throws(ConfigurationError) -> Command {
        var configuration = Configuration()
        var backup: String?
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            guard argument.hasPrefix("-") else {
                throw ConfigurationError(message: "unexpected argument '\(argument)'")
            }
            let flag = argument.drop { $0 == "-" }.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = flag.first.map(String.init) ?? ""
            func value() throws(ConfigurationError) -> String {
                if flag.count == 2 { return String(flag[1]) }
                guard let next = rest.popFirst() else { throw ConfigurationError(message: "--\(name) needs a value") }
                return next
            }
            switch name {
            case "version": return .version
            case "help", "h": return .help
            case "port": configuration.port = try port(try value(), "--port")
            case "log-dir":
                let directory = try value()
                configuration.logDirectory = directory.isEmpty ? nil : directory
            case "backup":
                let file = try value()
                if file.isEmpty { throw ConfigurationError(message: "--backup needs the name of a file") }
                backup = file
            default: throw ConfigurationError(message: "unknown flag '\(argument)'; see --help")
            }
        }
        try configuration.read(environment)
        return backup.map { .backup(configuration, file: $0) } ?? .run(configuration)
    }

    private mutating func read(_ environment: [String: String]) throws(ConfigurationError) {
        let variables = Variables(environment)
        if let text = variables["PORT"] { port = try Self.port(text, "PORT") }
        if let text = variables["HOST"] { host = text }
        isOneLogFile = variables["ONLY_ONE_LOG_FILE"] == "true"
        isDebug = variables["DEBUG"]?.lowercased() == "true"
        if let path = variables["SQLITE_PATH"] { databasePath = path }
        busyTimeout = try variables.integer("SQLITE_BUSY_TIMEOUT", 0...3_600_000) ?? busyTimeout
        sessionSecret = variables["SESSION_SECRET"].map { Secret($0) }
        if let seconds = try variables.integer("RELAY_TIMEOUT", 0...86_400), seconds > 0 {
            relayTimeout = .seconds(seconds)
        }
        relayProxy = try variables.address("RELAY_PROXY", schemes: ["http", "https", "socks5", "socks5h", "socks4"])
        userContentProxy = try variables.address(
            "USER_CONTENT_REQUEST_PROXY", schemes: ["http", "https", "socks5", "socks5h", "socks4"])
        if let seconds = try variables.integer("USER_CONTENT_REQUEST_TIMEOUT", 1...3600) {
            userContentTimeout = .seconds(seconds)
        }
        allowsPrivateMedia = variables["USER_CONTENT_ALLOW_PRIVATE"] == "true"
        if let threshold = variables["GEMINI_SAFETY_SETTING"] { geminiSafetySetting = threshold }
        if let version = variables["GEMINI_VERSION"] { geminiVersion = version }
        if let prompt = variables["TEST_PROMPT"] { testPrompt = prompt }
        apiRateLimit = try variables.integer("GLOBAL_API_RATE_LIMIT", 0...1_000_000) ?? apiRateLimit
        webRateLimit = try variables.integer("GLOBAL_WEB_RATE_LIMIT", 0...1_000_000) ?? webRateLimit
        if isDebug { (apiRateLimit, webRateLimit) = (0, 0) }
        initialRootToken = try variables.token("INITIAL_ROOT_TOKEN", limit: 48)
        initialRootAccessToken = try variables.token("INITIAL_ROOT_ACCESS_TOKEN", limit: 32)
        eventLoops = try variables.integer("EVENT_LOOPS", 1...256)
        if let bytes = try variables.integer("MAX_REQUEST_BODY_BYTES", 1024...(1 << 32)) { bodyLimit = bytes }
        if let seconds = try variables.integer("REQUEST_BODY_SECONDS", 1...86_400) { bodyTime = .seconds(seconds) }
        bodyLeastRate = try variables.integer("REQUEST_BODY_LEAST_RATE", 0...(1 << 30)) ?? bodyLeastRate
        try readBodyBudget(variables)
        try readLimits(variables)
        bodyWork.threads = try variables.integer("BODY_WORKERS", 1...256) ?? bodyWork.threads
        bodyWork.waiting = try variables.integer("BODY_QUEUE", 1...1_000_000) ?? bodyWork.waiting
        ledgerSyncInterval = try variables.integer("LEDGER_SYNC_INTERVAL", 0...3_600_000) ?? ledgerSyncInterval
        ledgerJournalSize = try variables.integer("LEDGER_JOURNAL_BYTES", 1 << 20...(1 << 36)) ?? ledgerJournalSize
        if let seconds = try variables.integer("DRAIN_TIMEOUT", 0...86_400) { drainTimeout = .seconds(seconds) }
        if let networks = variables["TRUSTED_PROXIES"] {
            clientAddress = try Self.proxies(networks)
            choosesProxies = true
        }
        if variables["SQL_DSN"] != nil {
            throw ConfigurationError(
                message: "SQL_DSN is set, but MySQL and PostgreSQL are not served yet; unset it to run on SQLite")
        }
        notYetServed = Variables.notServed.filter { variables[$0] != nil }
        notNeeded = Variables.notNeeded.filter { variables[$0] != nil }
    }

    private mutating func readBodyBudget(_ variables: Variables) throws(ConfigurationError) {
        let range = 0...(1 << 44)
        bodyBudget.process = try variables.integer("REQUEST_BODY_BUDGET_BYTES", range) ?? bodyBudget.process
        bodyBudget.address = try variables.integer("REQUEST_BODY_BUDGET_PER_ADDRESS", range) ?? bodyBudget.address
        bodyBudget.token = try variables.integer("REQUEST_BODY_BUDGET_PER_TOKEN", range) ?? bodyBudget.token
    }

    private mutating func readLimits(_ variables: Variables) throws(ConfigurationError) {
        func read(_ name: String, _ limit: inout Int) throws(ConfigurationError) {
            limit = try variables.integer(name, 1...(1 << 36)) ?? limit
        }
        try read("MAX_CHAT_MESSAGES", &requestLimits.messages)
        try read("MAX_CHAT_PARTS", &requestLimits.parts)
        try read("MAX_CHAT_TOOLS", &requestLimits.tools)
        try read("MAX_EMBEDDING_INPUTS", &requestLimits.embeddingInputs)
        try read("MAX_EMBEDDING_TOKENS", &requestLimits.embeddingTokens)
        try read("USER_CONTENT_REQUEST_BYTES", &mediaRequestBytes)
        try read("USER_CONTENT_TOTAL_BYTES", &mediaTotalBytes)
        try read("MAX_JSON_VALUES", &requestLimits.values)
    }

    static var notServedNames: String { Variables.notServed.joined(separator: ", ") }
    static var notNeededNames: String { Variables.notNeeded.joined(separator: ", ") }

    private static func port(_ text: String, _ name: String) throws(ConfigurationError) -> Int {
        guard let port = Int(text), (0...65535).contains(port) else {
            throw ConfigurationError(message: "\(name) must be a port number from 0 to 65535, not '\(text.prefix(60))'")
        }
        return port
    }

    private static func proxies(_ text: String) throws(ConfigurationError) -> ClientAddress {
        var networks: [Subnet] = []
        for part in text.split(separator: ",").map({ $0.filter { $0 != " " } }) {
            let meant = ClientAddress.words[part.lowercased()] ?? [part]
            let found = meant.compactMap { Subnet($0) }
            guard found.count == meant.count else {
                throw ConfigurationError(
                    message: "TRUSTED_PROXIES: '\(part.prefix(60))' is not a network such as 10.0.0.0/8, nor one of "
                        + "the words loopback, private and none")
            }
            networks += found
        }
        return ClientAddress(trusted: networks)
    }
}

/// The environment's variables; an empty one counts as unset.
private struct Variables {
    /// Variables of one-api that this version does not support.
    static let notServed = [
        "LOG_SQL_DSN", "SQL_MAX_IDLE_CONNS", "SQL_MAX_OPEN_CONNS", "SQL_MAX_LIFETIME", "REDIS_CONN_STRING",
        "REDIS_MASTER_NAME", "REDIS_PASSWORD", "NODE_TYPE", "FRONTEND_BASE_URL", "POLLING_INTERVAL",
        "CHANNEL_TEST_FREQUENCY", "THEME", "ENABLE_METRIC", "METRIC_QUEUE_SIZE",
        "METRIC_SUCCESS_RATE_THRESHOLD", "METRIC_SUCCESS_CHAN_SIZE", "METRIC_FAIL_CHAN_SIZE",
    ]

    /// Variables of one-api that have no effect here, because what they switch on is always on or does not exist.
    static let notNeeded = [
        "BATCH_UPDATE_ENABLED", "BATCH_UPDATE_INTERVAL", "MEMORY_CACHE_ENABLED", "SYNC_FREQUENCY",
        "ENFORCE_INCLUDE_USAGE", "GIN_MODE", "DEBUG_SQL", "TIKTOKEN_CACHE_DIR", "DATA_GYM_CACHE_DIR",
    ]

    private let values: [String: String]

    init(_ values: [String: String]) { self.values = values }

    subscript(_ name: String) -> String? { values[name].flatMap { $0.isEmpty ? nil : $0 } }

    func integer(_ name: String, _ range: ClosedRange<Int>) throws(ConfigurationError) -> Int? {
        guard let text = self[name] else { return nil }
        guard let value = Int(text), range.contains(value) else {
            throw ConfigurationError(
                message:
                    "\(name) must be a whole number from \(range.lowerBound) to \(range.upperBound), not '\(text.prefix(60))'"
            )
        }
        return value
    }

    func address(_ name: String, schemes: [String]) throws(ConfigurationError) -> String? {
        guard let text = self[name] else { return nil }
        guard schemes.contains(where: { text.hasPrefix($0 + "://") }) else {
            throw ConfigurationError(
                message: "\(name) must begin with \(schemes.map { $0 + "://" }.joined(separator: " or "))")
        }
        return text
    }

    func token(_ name: String, limit: Int) throws(ConfigurationError) -> Secret? {
        guard var text = self[name] else { return nil }
        if text.hasPrefix("sk-") { text.removeFirst(3) }
        guard text.utf8.count <= limit, !text.contains("-"), !text.contains(" ") else {
            throw ConfigurationError(message: "\(name) must have at most \(limit) characters and no '-' or space")
        }
        return Secret(text)
    }
}
