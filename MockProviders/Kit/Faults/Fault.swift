/// What goes wrong with one answer.
package struct Fault: Sendable, Equatable {
    /// Replaces the answer.
    package enum Instead: Sendable, Equatable {
        /// A failure of the provider's catalogue, such as `429` or `insufficient_quota`.
        case error(String)
        case raw(status: Int, headers: [Field], body: [UInt8])
        case html(String)
        /// Status 200 with no body.
        case empty
        /// The connection ends before a byte of the answer; `true`: with RST.
        case hangUp(reset: Bool)
        /// The head never comes.
        case silence
    }

    package struct Field: Sendable, Equatable {
        package var name: String
        package var value: String

        package init(name: String, value: String) { (self.name, self.value) = (name, value) }
    }

    package enum Framing: String, Sendable { case crlf, comments, nospace }
    /// Where the body stops: after that many events or bytes.
    package enum Point: Sendable, Equatable {
        case events(Int)
        case bytes(Int)
    }
    package enum Break: Sendable, Equatable {
        case cut(Point, reset: Bool)
        case stall(Point)
    }

    package var delayMilliseconds = 0
    package var instead: Instead?
    /// Fields added to whatever answer goes out.
    package var headers: [Field] = []
    package var breakOff: Break?
    package var hasBadUTF8 = false
    package var hasBadJSON = false
    /// An error event after that many events, then the end.
    package var failureAfterEvents: Int?
    package var dropsEnd = false
    package var framing: Framing?
    package var usage = UsageFault.none
    /// Bytes of one giant line put before the first event, or of padding in a whole body.
    package var hugeLineBytes = 0

    package init() {}
}

/// Which requests a fault or a script is for; `nil` matches all.
package struct Match: Sendable, Equatable {
    /// Part of the path.
    package var path: String?
    package var model: String?
    /// Part of the key.
    package var key: String?

    package init(path: String? = nil, model: String? = nil, key: String? = nil) {
        self.path = path
        self.model = model
        self.key = key
    }

    func covers(path: String, identity: Identity) -> Bool {
        if let wanted = self.path, !path.contains(wanted) { return false }
        if let model, identity.model != model { return false }
        if let key, identity.key?.contains(key) != true { return false }
        return true
    }
}
