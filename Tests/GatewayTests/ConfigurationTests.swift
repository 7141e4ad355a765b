import HTTP
import TestTraits
import Testing

@testable import Gateway

@Suite(.inTurn) struct ConfigurationTests {
    private func run(_ arguments: [String] = [], _ environment: [String: String] = [:]) throws -> Configuration {
        guard case .run(let configuration) = try Configuration.parse(arguments: arguments, environment: environment)
        else { throw ConfigurationError(message: "not a run") }
        return configuration
    }

    @Test(
        "flags take one dash or two, and their value after a space or an equals sign",
        arguments: [
            ["--port", "4000"], ["-port", "4000"], ["--port=4000"], ["-port=4000"],
        ])
    func port(arguments: [String]) throws {
        #expect(try run(arguments).port == 4000)
    }

    @Test("defaults are one-api's, and PORT wins over --port")
    func defaults() throws {
        let configuration = try run()
        #expect(configuration.port == 3000 && configuration.logDirectory == "./logs")
        #expect(configuration.host == "::")
        #expect(configuration.databasePath == "one-api.db" && configuration.busyTimeout == 3000)
        #expect(configuration.apiRateLimit == 480 && configuration.webRateLimit == 240)
        #expect(configuration.relayTimeout == nil && configuration.sessionSecret == nil)
        #expect(configuration.testPrompt == "Output only your specific model name with no additional text.")
        #expect(try run(["--port", "4000"], ["PORT": "5000"]).port == 5000)
        #expect(try run(["--port", "4000"], ["PORT": ""]).port == 4000)
    }

    @Test("an empty log directory means no log file")
    func logDirectory() throws {
        #expect(try run(["--log-dir", ""]).logDirectory == nil)
        #expect(try run(["--log-dir="]).logDirectory == nil)
        #expect(try run(["-log-dir", "/var/log/x"]).logDirectory == "/var/log/x")
    }

    @Test(
        "a backup takes the file's name and the variables of a run",
        arguments: [["--backup", "b.db"], ["-backup=b.db"]])
    func backup(arguments: [String]) throws {
        let command = try Configuration.parse(arguments: arguments, environment: ["SQLITE_PATH": "/data/x.db"])
        guard case .backup(let configuration, let file) = command else {
            Issue.record("\(arguments) is not taken")
            return
        }
        #expect(file == "b.db" && configuration.databasePath == "/data/x.db")
        #expect(Configuration.help.contains("--backup FILE"))
    }

    @Test("version and help win over the rest")
    func commands() throws {
        for flag in ["--version", "-version"] {
            guard case .version = try Configuration.parse(arguments: [flag, "--nonsense"], environment: [:]) else {
                Issue.record("\(flag) is not taken")
                return
            }
        }
        guard case .help = try Configuration.parse(arguments: ["--help"], environment: ["PORT": "abc"]) else {
            Issue.record("--help is not taken")
            return
        }
    }

    @Test(
        "a wrong flag or variable is named in one line",
        arguments: [
            (["--nonsense"], [:], "--nonsense"), (["serve"], [:], "serve"), (["--port"], [:], "--port"),
            (["--port", "abc"], [:], "--port"), (["--port=70000"], [:], "70000"), (["--port", "-1"], [:], "--port"),
            ([], ["PORT": "abc"], "PORT"), ([], ["PORT": "3000 "], "PORT"),
            ([], ["SQLITE_BUSY_TIMEOUT": "x"], "SQLITE_BUSY_TIMEOUT"),
            ([], ["SQLITE_BUSY_TIMEOUT": "-1"], "SQLITE_BUSY_TIMEOUT"), ([], ["RELAY_TIMEOUT": "1.5"], "RELAY_TIMEOUT"),
            ([], ["RELAY_PROXY": "proxy:8080"], "RELAY_PROXY"),
            ([], ["GLOBAL_API_RATE_LIMIT": "many"], "GLOBAL_API_RATE_LIMIT"),
            ([], ["EVENT_LOOPS": "0"], "EVENT_LOOPS"), ([], ["MAX_REQUEST_BODY_BYTES": "1"], "MAX_REQUEST_BODY_BYTES"),
            ([], ["TRUSTED_PROXIES": "10.0.0.1"], "10.0.0.1"), (["--backup"], [:], "--backup"),
            (["--backup", ""], [:], "--backup"), (["--backup", "x"], ["SQL_DSN": "mysql"], "SQL_DSN"),
            ([], ["TRUSTED_PROXIES": "10.0.0.0/8,x"], "TRUSTED_PROXIES"),
            ([], ["INITIAL_ROOT_TOKEN": "with-dash"], "INITIAL_ROOT_TOKEN"),
            ([], ["INITIAL_ROOT_ACCESS_TOKEN": "123456789012345678901234567890123"], "INITIAL_ROOT_ACCESS_TOKEN"),
            ([], ["SQL_DSN": "postgres://x"], "SQL_DSN"),
            ([], ["LEDGER_SYNC_INTERVAL": "soon"], "LEDGER_SYNC_INTERVAL"),
            ([], ["DRAIN_TIMEOUT": "-5"], "DRAIN_TIMEOUT"),
            ([], ["REQUEST_BODY_SECONDS": "0"], "REQUEST_BODY_SECONDS"),
            ([], ["REQUEST_BODY_LEAST_RATE": "-1"], "REQUEST_BODY_LEAST_RATE"),
            ([], ["REQUEST_BODY_BUDGET_BYTES": "99999999999999999999"], "REQUEST_BODY_BUDGET_BYTES"),
        ] as [([String], [String: String], String)])
    func wrong(arguments: [String], environment: [String: String], part: String) {
        #expect {
            _ = try Configuration.parse(arguments: arguments, environment: environment)
        } throws: { error in
            guard let message = (error as? ConfigurationError)?.message else { return false }
            return message.contains(part) && !message.contains("\n")
        }
    }

    @Test("no message shows the value of a secret that was wrong")
    func secrets() {
        #expect {
            _ = try Configuration.parse(arguments: [], environment: ["INITIAL_ROOT_TOKEN": "my-very-secret"])
        } throws: { !"\($0)".contains("very") }
    }

    @Test("variables are read into their members")
    func variables() throws {
        let configuration = try run(
            [],
            [
                "SQLITE_PATH": "/data/x.db", "SQLITE_BUSY_TIMEOUT": "50", "SESSION_SECRET": "s", "RELAY_TIMEOUT": "30",
                "RELAY_PROXY": "socks5://127.0.0.1:1080", "GLOBAL_API_RATE_LIMIT": "0", "GLOBAL_WEB_RATE_LIMIT": "7",
                "INITIAL_ROOT_TOKEN": "sk-abc", "INITIAL_ROOT_ACCESS_TOKEN": "def", "ONLY_ONE_LOG_FILE": "true",
                "TEST_PROMPT": "hi", "HOST": "127.0.0.1", "LEDGER_SYNC_INTERVAL": "0", "EVENT_LOOPS": "3",
            ])
        #expect(configuration.databasePath == "/data/x.db" && configuration.busyTimeout == 50)
        #expect(configuration.sessionSecret?.exposed == "s" && configuration.relayTimeout == .seconds(30))
        #expect(configuration.relayProxy == "socks5://127.0.0.1:1080" && configuration.apiRateLimit == 0)
        #expect(configuration.webRateLimit == 7 && configuration.initialRootToken?.exposed == "abc")
        #expect(configuration.initialRootAccessToken?.exposed == "def" && configuration.isOneLogFile)
        #expect(configuration.testPrompt == "hi" && configuration.host == "127.0.0.1")
        #expect(configuration.ledgerSyncInterval == 0 && configuration.eventLoops == 3)
        #expect(!"\(configuration)".contains("abc") && !"\(configuration)".contains("def"))
    }

    @Test("the limits of bodies are read into their members")
    func bodyLimits() throws {
        #expect(try run().bodyBudget == BodyBudget.Limits(process: 1 << 30, address: 512 << 20, token: 256 << 20))
        #expect(try run().bodyTime == .seconds(60) && run().bodyLeastRate == 32_768)
        let configuration = try run(
            [],
            [
                "REQUEST_BODY_SECONDS": "5", "REQUEST_BODY_LEAST_RATE": "0", "REQUEST_BODY_BUDGET_BYTES": "3",
                "REQUEST_BODY_BUDGET_PER_ADDRESS": "0", "REQUEST_BODY_BUDGET_PER_TOKEN": "4",
            ])
        #expect(configuration.bodyTime == .seconds(5) && configuration.bodyLeastRate == 0)
        #expect(configuration.bodyBudget == BodyBudget.Limits(process: 3, address: 0, token: 4))
    }

    @Test("DEBUG in upper or lower case turns the limits off; other switches must be exactly `true`")
    func switches() throws {
        let debug = try run([], ["DEBUG": "True"])
        #expect(debug.isDebug && debug.apiRateLimit == 0 && debug.webRateLimit == 0)
        #expect(try !run([], ["DEBUG": "1"]).isDebug)
        #expect(try !run([], ["ONLY_ONE_LOG_FILE": "True"]).isOneLogFile)
    }

    @Test("variables that are not served or not needed are listed for the notice, and an empty one counts as unset")
    func notices() throws {
        let configuration = try run(
            [],
            [
                "REDIS_CONN_STRING": "redis://x", "THEME": "berry", "NODE_TYPE": "", "BATCH_UPDATE_ENABLED": "true",
                "HOME": "/",
            ])
        #expect(Set(configuration.notYetServed) == ["REDIS_CONN_STRING", "THEME"])
        #expect(configuration.notNeeded == ["BATCH_UPDATE_ENABLED"])
    }

    @Test("the help names every variable of one-api")
    func help() {
        for name in [
            "PORT", "GIN_MODE", "DEBUG", "DEBUG_SQL", "SESSION_SECRET", "SQLITE_PATH", "SQLITE_BUSY_TIMEOUT", "SQL_DSN",
            "LOG_SQL_DSN", "SQL_MAX_IDLE_CONNS", "SQL_MAX_OPEN_CONNS", "SQL_MAX_LIFETIME", "REDIS_CONN_STRING",
            "REDIS_MASTER_NAME", "REDIS_PASSWORD", "SYNC_FREQUENCY", "MEMORY_CACHE_ENABLED", "NODE_TYPE",
            "FRONTEND_BASE_URL", "POLLING_INTERVAL", "CHANNEL_TEST_FREQUENCY", "BATCH_UPDATE_ENABLED",
            "BATCH_UPDATE_INTERVAL", "RELAY_TIMEOUT", "RELAY_PROXY", "USER_CONTENT_REQUEST_PROXY",
            "USER_CONTENT_REQUEST_TIMEOUT", "GEMINI_SAFETY_SETTING", "GEMINI_VERSION", "ENFORCE_INCLUDE_USAGE",
            "TEST_PROMPT", "THEME", "GLOBAL_API_RATE_LIMIT", "GLOBAL_WEB_RATE_LIMIT", "ENABLE_METRIC",
            "METRIC_QUEUE_SIZE", "METRIC_SUCCESS_RATE_THRESHOLD", "METRIC_SUCCESS_CHAN_SIZE", "METRIC_FAIL_CHAN_SIZE",
            "INITIAL_ROOT_TOKEN", "INITIAL_ROOT_ACCESS_TOKEN", "ONLY_ONE_LOG_FILE", "TIKTOKEN_CACHE_DIR",
            "DATA_GYM_CACHE_DIR",
        ] { #expect(Configuration.help.contains(name), "\(name)") }
    }
}
