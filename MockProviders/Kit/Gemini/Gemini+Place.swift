import HTTP

extension Gemini {
    /// The parts of a path: `{version}/models/{name}:{verb}`, also below a Vertex project or in its express form.
    struct Place {
        private(set) var version = ""
        private(set) var collection = ""
        private(set) var name: String?
        private(set) var verb: String?
        private(set) var isUpload = false
        private(set) var isVertex = false

        private static let versions: Set = ["v1", "v1beta", "v1alpha", "v1beta1"]

        init(_ call: Call) throws(Failure) {
            var steps = call.route.split(separator: "/", omittingEmptySubsequences: false).map { percentDecoded($0) }
            if steps.first == "upload" {
                isUpload = true
                steps.removeFirst()
            }
            guard let version = steps.first, Self.versions.contains(version) else { throw .page() }
            self.version = version
            steps.removeFirst()
            if let google = steps.firstIndex(of: "google"), google > 0, steps[google - 1] == "publishers" {
                isVertex = true
                steps.removeFirst(google + 1)
            }
            guard let collection = steps.first, steps.count <= 2, !steps.contains("") else { throw .page() }
            self.collection = collection
            guard steps.count == 2, let last = steps.last else { return }
            // Names contain dots and dashes, and those of tuned models colons.
            guard let colon = last.lastIndex(of: ":") else {
                name = last
                return
            }
            name = String(last[..<colon])
            verb = String(last[last.index(after: colon)...])
        }
    }
}
