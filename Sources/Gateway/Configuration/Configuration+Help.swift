extension Configuration {
    /// What `--help` prints.
    package static let help = """
        One API \(version): one OpenAI-compatible endpoint in front of every large-model provider.

        usage: one-api [--port N] [--log-dir DIR] [--version] [--help]

          --port N       listen on port N (default 3000); the variable PORT wins over it
          --log-dir DIR  write log files there (default ./logs); empty for none
          --version      print the version
          --help         print this

        Environment (also read from .env in the working directory; set variables win):
          PORT, HOST                    where to listen (HOST default 0.0.0.0)
          SQLITE_PATH                   database file (default one-api.db); its journal lies beside it
          SQLITE_BUSY_TIMEOUT           ms to wait for another process's lock (3000)
          SESSION_SECRET                signs session cookies; unset: random at each start
          INITIAL_ROOT_TOKEN            API token of root in a new database
          INITIAL_ROOT_ACCESS_TOKEN     management access token of root in a new database
          RELAY_TIMEOUT                 seconds for a whole upstream exchange (0: none)
          RELAY_PROXY                   proxy for upstream calls (http, https, socks4, socks5, socks5h)
          USER_CONTENT_REQUEST_PROXY    proxy for images that clients name by address
          USER_CONTENT_REQUEST_TIMEOUT  seconds for one of them (30)
          USER_CONTENT_ALLOW_PRIVATE    true: also from private and local addresses
          GEMINI_SAFETY_SETTING         threshold of Gemini's harm categories (BLOCK_NONE)
          GEMINI_VERSION                API version of Gemini channels that name none (v1beta)
          TEST_PROMPT                   what a channel test asks
          GLOBAL_API_RATE_LIMIT         requests to /api per address and 180 s (480; 0: off)
          GLOBAL_WEB_RATE_LIMIT         requests for pages per address and 180 s (240; 0: off)
          DEBUG                         true: debug lines, no rate limits
          ONLY_ONE_LOG_FILE             true: oneapi.log instead of a file a day
          TRUSTED_PROXIES               networks whose X-Forwarded-For is believed, comma-separated; none for none
                                        (default: loopback and private networks)
          EVENT_LOOPS                   number of event loops (default: one per core)
          MAX_REQUEST_BODY_BYTES        largest request body, as sent and as unpacked (33554432)
          BODY_WORKERS                  threads that read, count and rewrite bodies above 64 KiB (default: one per core,
                                        two at least)
          BODY_QUEUE                    such bodies that may wait for them, an eighth of it per user (256); beyond: 503
          LEDGER_SYNC_INTERVAL          ms between forced writes of the ledger's journal (1000);
                                        0: before each answer ends
          LEDGER_JOURNAL_BYTES          size of the journal, allocated at start (33554432)
          DRAIN_TIMEOUT                 seconds that running answers get at shutdown (120)

        Known to one-api and not served yet; a notice is printed when one is set: \(notServedNames)
        Known to one-api and not needed here: \(notNeededNames)
        SQL_DSN stops the start: this version runs on SQLite only.
        """
}
