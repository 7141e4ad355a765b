package import Formats
package import HTTP

/// What flags and environment say (spec/configuration.md §§1, 2); immutable.
package struct Configuration: Sendable {
    package static let version = "0.1.0"

    package var port = 3000
    package var host = HTTPServer.allAddresses
    /// `nil`: no log file.
    package var logDirectory: String? = "./logs"
    package var isOneLogFile = false
    package var isDebug = false
    package var databasePath = "one-api.db"
    package var busyTimeout = 3000
    package var sessionSecret: Secret?
    package var relayTimeout: Duration?
    package var relayProxy: String?
    /// For images that a client names by address.
    package var userContentProxy: String?
    package var userContentTimeout: Duration = .seconds(30)
    /// Such images may lie in private networks, for tests and closed installations.
    package var allowsPrivateMedia = false
    /// Bytes of such images that one request may have, and all requests together.
    package var mediaRequestBytes = 64 << 20
    package var mediaTotalBytes = 256 << 20
    /// How long an upstream's image task may take in all; no variable sets it.
    package var imageTaskTimeout: Duration = .seconds(300)
    /// How long a whole answer that has begun to come is waited for after its client left: the upstream has made it, so
    /// that it is paid for by what it says it cost. No variable sets it.
    package var answerPatience: Duration = .seconds(10)
    /// Gemini's threshold for all harm categories, and the API version of channels that name none.
    package var geminiSafetySetting = "BLOCK_NONE"
    package var geminiVersion = "v1beta"

    /// Settings of channels that do not say, by channel type.
    var providerDefaults: [Int: [String: String]] {
        [24: ["safety_setting": geminiSafetySetting, "api_version": geminiVersion]]
    }
    package var testPrompt = "Output only your specific model name with no additional text."
    package var apiRateLimit = 480
    package var webRateLimit = 240
    package var initialRootToken: Secret?
    package var initialRootAccessToken: Secret?
    package var eventLoops: Int?
    /// Bytes of a request's body, as sent and as unpacked.
    package var bodyLimit = 32 << 20
    /// For a body to arrive, and the bytes that stretch it by a second each; 0 bytes: only pauses are limited.
    package var bodyTime: Duration = .seconds(60)
    package var bodyLeastRate = 32 << 10
    /// Of all bodies in memory together.
    package var bodyBudget = BodyBudget.Limits()
    package var bodyWork = BodyWorkLimits()
    /// How much of something a body may have.
    package var requestLimits = RequestLimits()
    /// Milliseconds between forced writes of the ledger's journal; 0: before each answer ends.
    package var ledgerSyncInterval = 1000
    package var ledgerJournalSize = 32 << 20
    package var drainTimeout: Duration = .seconds(120)
    /// Whose `X-Forwarded-For` is believed; `choosesProxies` if the operator has said so.
    package var choosesProxies = false
    package var clientAddress = ClientAddress(trusted: ClientAddress.defaultTrusted.compactMap { Subnet($0) })
    /// Variables that are set and that this version does not serve yet.
    package var notYetServed: [String] = []
    /// Variables of one-api that are set and change nothing here.
    package var notNeeded: [String] = []

    package init() {}

    /// Limits of an upstream call. one-api's RELAY_TIMEOUT bounds the whole exchange.
    package var transportLimits: TransportLimits { TransportLimits(total: relayTimeout) }

    /// A stream may be of any length: what is held of it at once is bounded, not what comes in all.
    package var streamLimits: TransportLimits {
        var limits = transportLimits
        limits.bodyBytes = nil
        return limits
    }
}

/// A wrong flag or variable; one line for the operator.
package struct ConfigurationError: Error, Equatable {
    package let message: String
}
