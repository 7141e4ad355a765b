import HTTP

extension Azure {
    /// The generation of the API that a request uses.
    enum API: Equatable {
        /// The classic API, with its `api-version`.
        case classic(Version)
        case v1

        /// Whether the API has what a version of this date introduced.
        func has(since date: String) -> Bool {
            switch self {
            case .classic(let version): version.date >= date
            case .v1: true
            }
        }

        /// The name in messages.
        var name: String {
            switch self {
            case .classic(let version): version.text
            case .v1: "v1"
            }
        }
    }

    struct Version: Equatable {
        let text: String
        var date: String { String(text.prefix(10)) }

        private static let general = ["2022-12-01", "2023-05-15", "2024-02-01", "2024-06-01", "2024-10-21"]
        private static let previews = [
            "2023-06-01", "2023-07-01", "2023-08-01", "2023-09-01", "2023-10-01", "2023-12-01", "2024-02-15",
            "2024-03-01", "2024-04-01", "2024-05-01", "2024-07-01", "2024-08-01", "2024-09-01", "2024-10-01",
            "2024-12-01", "2025-01-01", "2025-02-01", "2025-03-01", "2025-04-01",
        ]

        /// `nil` for a version that the service never had.
        init?(_ text: String) {
            let isKnown =
                text.hasSuffix("-preview")
                ? Self.previews.contains(String(text.dropLast(8))) : Self.general.contains(text)
            guard isKnown else { return nil }
            self.text = text
        }
    }

    /// What a path and its query ask for (spec/wire/azure.md §1).
    struct Address {
        let api: API
        /// The deployment's name in the path of the classic API, decoded.
        private(set) var deployment: String?
        /// The operation; `nil` for the list of models and for tasks.
        private(set) var operation: Operation?
        /// The model whose entry in the list is asked for.
        private(set) var listedModel: String?
        /// The step of an image task (previews of 2023).
        private(set) var task: ImageTask.Step?

        static func isV1(_ call: Call) -> Bool { call.route.hasPrefix("openai/v1/") }

        /// `nil` where the service has nothing, because of the path or because of the version.
        init?(_ call: Call) {
            let version = call.queryValue("api-version")
            if Self.isV1(call) {
                guard version == nil || version == "v1" || version == "preview" else { return nil }
                api = .v1
                guard read(call.route.dropFirst(10)) else { return nil }
                return
            }
            guard let version = version.flatMap(Version.init), call.route.hasPrefix("openai/") else { return nil }
            api = .classic(version)
            let rest = call.route.dropFirst(7)
            guard rest.hasPrefix("deployments/") else {
                if !api.has(since: "2023-12-01") { task = ImageTask.Step(rest) }
                if task != nil { return }
                // Only models are found here: all other operations need a deployment in the path.
                guard read(rest), operation == nil else { return nil }
                return
            }
            let parts = rest.dropFirst(12).split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, let operation = Operation(rawValue: String(parts[1])) else { return nil }
            let isPicture = operation == .generations || operation == .edits
            if isPicture, !api.has(since: "2023-12-01") { return nil }
            deployment = percentDecoded(parts[0])
            self.operation = operation
        }

        private mutating func read(_ path: Substring) -> Bool {
            if path == "models" { return true }
            if path.hasPrefix("models/") {
                listedModel = percentDecoded(path.dropFirst(7))
                return true
            }
            operation = Operation(rawValue: String(path))
            return operation != nil
        }
    }
}
