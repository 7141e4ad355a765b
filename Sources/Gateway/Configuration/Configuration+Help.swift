extension Configuration {
    /// What `--help` prints.
    package static let help = """
        One API \(version): one OpenAI-compatible endpoint in front of every large-model provider.

        usage: one-api [--port N] [--log-dir DIR] [--backup FILE] [--version] [--help]

          --port N       listen on port N (default 3000); the variable PORT wins over it
          --log-dir DIR  write log files there (default ./logs); empty for none
          --backup FILE  copy the database to a new file, with what its journal has besides, and exit; the gateway
                         may be running
          --version      print the version
          --help         print this

        Environment (also read from .env in the working directory; set variables win):
          PORT, HOST                    where to listen (HOST default ::, all addresses of IPv4 and IPv6)
          SQLITE_PATH                   database file (default one-api.db); its journal lies beside it
          SQLITE_BUSY_TIMEOUT           ms to wait for another process's lock (3000)
          SESSION_SECRET                signs session cookies; unset: random at each start
          INITIAL_ROOT_TOKEN            API token of root in a new database
          INITIAL_ROOT_ACCESS_TOKEN     management access token of root in a new database
          RELAY_TIMEOUT                 seconds for a whole upstream exchange (0: none)
          RELAY_PROXY                   proxy for upstream calls (http, https, socks4, socks5, socks5h)
          USER_CONTENT_REQUEST_PROXY    proxy for images that clients name by address
          USER_CONTENT_REQUEST_TIMEOUT  seconds for one of them, with its redirects (30)
          USER_CONTENT_REQUEST_BYTES    bytes of all of them that one request may have (67108864)
          USER_CONTENT_TOTAL_BYTES      memory that all requests may hold for them at once, three times their bytes
                                        (268435456); beyond: 503
          USER_CONTENT_ALLOW_PRIVATE    true: also from private and local addresses; with a proxy, also from names that
                                        this machine cannot look up
          GEMINI_SAFETY_SETTING         threshold of Gemini's harm categories (BLOCK_NONE)
          GEMINI_VERSION                API version of Gemini channels that name none (v1beta)
          TEST_PROMPT                   what a channel test asks
          GLOBAL_API_RATE_LIMIT         requests to /api per address and 180 s (480; 0: off)
          GLOBAL_WEB_RATE_LIMIT         requests for pages per address and 180 s (240; 0: off)
          DEBUG                         true: debug lines, no rate limits
          ONLY_ONE_LOG_FILE             true: oneapi.log instead of a file a day
          TRUSTED_PROXIES               networks whose X-Forwarded-For and -Proto are believed, comma-separated; also
                                        the words loopback, private and none (default: loopback,private)
          EVENT_LOOPS                   number of event loops (default: one per core)
          MAX_REQUEST_BODY_BYTES        largest request body, as sent and as unpacked (33554432)
          REQUEST_BODY_SECONDS          seconds for a body to arrive (60), and one more for each
          REQUEST_BODY_LEAST_RATE       so many bytes of it (32768; 0: only pauses above 60 s end it)
          REQUEST_BODY_BUDGET_BYTES     bytes of all bodies above 4 KiB in memory (1073741824; 0: no limit)
          REQUEST_BODY_BUDGET_PER_ADDRESS, REQUEST_BODY_BUDGET_PER_TOKEN
                                        the same of one client address and of one token (536870912,
                                        268435456), each at least 3 times MAX_REQUEST_BODY_BYTES
          MAX_CHAT_MESSAGES             messages of a chat (10000)
          MAX_CHAT_PARTS                parts of all its messages together (20000)
          MAX_CHAT_TOOLS                its tools and functions (1024)
          MAX_EMBEDDING_INPUTS          inputs of a request for embeddings (2048)
          MAX_EMBEDDING_TOKENS          tokens of all its inputs, where the client sends tokens (1000000)
          MAX_JSON_VALUES               values in the JSON of any body above 64 KiB (2000000)
          BODY_WORKERS                  threads that read, count and rewrite bodies above 64 KiB (default: one per core,
                                        two at least)
          BODY_QUEUE                    such bodies that may wait for them, a quarter of it per user (4096); beyond: 503
          LEDGER_SYNC_INTERVAL          ms between forced writes of the ledger's journal (1000);
                                        0: before each answer ends
          LEDGER_JOURNAL_BYTES          size of the journal, allocated at start (33554432); it grows to
                                        eight times of it while the database lags
          DRAIN_TIMEOUT                 seconds that running answers get at shutdown (120)

        SIGTERM and SIGINT finish running answers first, a second one ends at once; SIGHUP reopens the log file.

        Known to one-api and not served yet; a notice is printed when one is set: \(notServedNames)
        Known to one-api and not needed here: \(notNeededNames)
        SQL_DSN stops the start: this version runs on SQLite only.
        """
}
