/// Something that goes wrong with one answer.
package struct Fault: Sendable, Equatable {
    /// What is sent instead of the answer.
    package enum Instead: Sendable, Equatable {
        /// A failure of the provider's catalogue, by a name or status such as `429` or `insufficient_quota`.
        case error(String)
        case raw(status: Int, headers: [Field], body: [UInt8])
        case html(String)
        /// Status 200 with an empty body.
        case empty
        /// The connection ends before the first byte of the answer; with `true` by an RST.
        case hangUp(reset: Bool)
        /// Nothing is ever sent, not even the head.
        case silence
    }

    package struct Field: Sendable, Equatable {
        package var name: String
        package var value: String

        package init(name: String, value: String) { (self.name, self.value) = (name, value) }
    }

    package enum Framing: String, Sendable { case crlf, comments, nospace }
    /// The point at which the body stops: a number of events or of bytes.
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
    /// Header fields that are added to the answer.
    package var headers: [Field] = []
    package var breakOff: Break?
    package var hasBadUTF8 = false
    package var hasBadJSON = false
    /// After this number of events an error event is sent, and the stream ends.
    package var failureAfterEvents: Int?
    package var dropsEnd = false
    package var framing: Framing?
    package var usage = UsageFault.none
    /// The length in bytes of a huge line before the first event, or of white space before a whole body.
    package var hugeLineBytes = 0

    package init() {}
}

/// The requests that a fault or a script applies to; `nil` matches all.
package struct Match: Sendable, Equatable {
    /// A part of the path.
    package var path: String?
    package var model: String?
    /// A part of the key.
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
