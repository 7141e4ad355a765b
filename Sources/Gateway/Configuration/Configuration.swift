package import Formats
package import HTTP

/// The settings from flags and environment (spec/configuration.md §§1, 2).
package struct Configuration: Sendable {
    package static let version = "0.1.0"

    package var port = 3000
    package var host = HTTPServer.allAddresses
    /// `nil` means no log file.
    package var logDirectory: String? = "./logs"
    package var isOneLogFile = false
    package var isDebug = false
    package var databasePath = "one-api.db"
    package var busyTimeout = 3000
    package var sessionSecret: Secret?
    package var relayTimeout: Duration?
    package var relayProxy: String?
    /// The proxy for downloading images that a client names by address.
    package var userContentProxy: String?
    package var userContentTimeout: Duration = .seconds(30)
    /// Whether such images may be in private networks, for tests and closed installations.
    package var allowsPrivateMedia = false
    /// The limits of such images in bytes: the images of one request, and the memory for those of all requests.
    package var mediaRequestBytes = 64 << 20
    package var mediaTotalBytes = 256 << 20
    /// How long an upstream's image task may take in all. No variable sets it.
    package var imageTaskTimeout: Duration = .seconds(300)
    /// How long to wait for the rest of a whole answer after its client has left. The upstream has made the answer, so
    /// it is charged by the usage that it reports. No variable sets it.
    package var answerPatience: Duration = .seconds(10)
    /// Gemini's threshold for all harm categories, and the API version for channels that name none.
    package var geminiSafetySetting = "BLOCK_NONE"
    package var geminiVersion = "v1beta"

    /// The settings for channels that do not have their own, by channel type.
    var providerDefaults: [Int: [String: String]] {
        [24: ["safety_setting": geminiSafetySetting, "api_version": geminiVersion]]
    }
    package var testPrompt = "Output only your specific model name with no additional text."
    package var apiRateLimit = 480
    package var webRateLimit = 240
    package var initialRootToken: Secret?
    package var initialRootAccessToken: Secret?
    package var eventLoops: Int?
    /// The most bytes of a request's body, both as sent and as unpacked.
    package var bodyLimit = 32 << 20
    /// The time for a body to arrive. Each `bodyLeastRate` bytes extend it by a second; 0 means that only pauses are
    /// limited.
    package var bodyTime: Duration = .seconds(60)
    package var bodyLeastRate = 32 << 10
    /// The limits for all bodies in memory together.
    package var bodyBudget = BodyBudget.Limits()
    package var bodyWork = BodyWorkLimits()
    /// The limits of what a body may contain, such as the number of messages.
    package var requestLimits = RequestLimits()
    /// The milliseconds between forced writes of the ledger's journal. 0 forces a write before each answer ends.
    package var ledgerSyncInterval = 1000
    package var ledgerJournalSize = 32 << 20
    package var drainTimeout: Duration = .seconds(120)
    /// Whose `X-Forwarded-For` is believed, and whether the operator has chosen these proxies.
    package var choosesProxies = false
    package var clientAddress = ClientAddress(trusted: ClientAddress.defaultTrusted.compactMap { Subnet($0) })
    /// Variables that are set but that this version does not support yet.
    package var notYetServed: [String] = []
    /// Variables of one-api that are set but have no effect here.
    package var notNeeded: [String] = []

    package init() {}

    /// The limits of an upstream call. one-api's RELAY_TIMEOUT limits the whole exchange.
    package var transportLimits: TransportLimits { TransportLimits(total: relayTimeout) }

    /// The limits of a stream. It may have any length, since only a part of it is in memory at a time.
    package var streamLimits: TransportLimits {
        var limits = transportLimits
        limits.bodyBytes = nil
        return limits
    }
}

/// A wrong flag or variable. The message is one line for the operator.
package struct ConfigurationError: Error, Equatable {
    package let message: String
}
