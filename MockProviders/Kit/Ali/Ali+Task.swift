extension Ali {
    /// Work that a client looks after: it moves a step each time it is looked at, so that tests need no clock.
    struct Task: Sendable {
        enum Kind: Sendable { case picture, video, vectors }
        enum Status: String, Sendable { case pending, running, suspended, succeeded, failed, canceled }

        let id: String
        let requestID: String
        let model: String
        let key: String
        let kind: Kind
        let count: Int
        /// Seconds since 1970.
        let created: Int
        /// Of the prompt; what a picture's ledger entry says.
        let tokens: Int
        /// Where results are found.
        let addresses: [String]
        /// Looks for which it waits before it runs: `mock-task-pending-N` in the prompt.
        let patience: Int
        /// `mock-task-fail`, `mock-blocked`: how it ends.
        let failure: Failure?
        /// `mock-task-partial`: the first of the results is an error.
        let isPartial: Bool
        /// `mock-task-suspend`: a look at which it is neither running nor done.
        let isSuspended: Bool
        /// `mock-task-hang`.
        let hangs: Bool
        private(set) var status = Status.pending
        private var looks = 0

        init(
            id: String, requestID: String, model: String, key: String, kind: Kind, count: Int, created: Int,
            tokens: Int, addresses: [String], prompt: String
        ) {
            self.id = id
            self.requestID = requestID
            self.model = model
            self.key = key
            self.kind = kind
            self.count = count
            self.created = created
            self.tokens = tokens
            self.addresses = addresses
            patience = Ali.number(after: "mock-task-pending-", in: prompt)
            isPartial = prompt.firstRange(of: "mock-task-partial") != nil && count > 1
            isSuspended = prompt.firstRange(of: "mock-task-suspend") != nil
            hangs = prompt.firstRange(of: "mock-task-hang") != nil
            if prompt.firstRange(of: "mock-blocked") != nil {
                failure = .badInput
            } else if prompt.firstRange(of: "mock-task-fail") != nil {
                failure = Failure.catalogue("InternalError", model: model)
            } else {
                failure = nil
            }
        }

        var isDone: Bool { status == .succeeded || status == .failed || status == .canceled }
        /// The clock of the task: a second a look.
        var end: Int { created + looks }

        /// One look from outside: pending, then running, then done.
        /// - Returns: whether it came to its end with this look.
        mutating func step() -> Bool {
            guard !isDone else { return false }
            looks += 1
            if looks <= patience { return false }
            if status == .pending {
                status = .running
                return false
            }
            if hangs { return false }
            if isSuspended, status == .running {
                status = .suspended
                return false
            }
            status = failure == nil ? .succeeded : .failed
            return true
        }

        /// Whether it could still be taken back.
        mutating func cancel() -> Bool {
            guard status == .pending else { return false }
            status = .canceled
            return true
        }
    }

    /// A number given in a prompt, such as 3 in `mock-task-pending-3`; 0 where there is none.
    static func number(after mark: StaticString, in text: String) -> Int {
        guard let range = text.firstRange(of: mark) else { return 0 }
        return min(Int(text[range.upperBound...].prefix { $0.isASCII && $0.isNumber }) ?? 0, 1000)
    }

    /// `YYYY-MM-DD HH:MM:SS.mmm` in Beijing, without a zone.
    /// - Parameter milliseconds: `nil` leaves them out.
    static func beijingTime(_ seconds: Int, milliseconds: Int?) -> String {
        let local = max(0, seconds) + 8 * 3600
        let (year, month, day) = date(ofDay: local / 86_400)
        let second = local % 86_400
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let fraction = milliseconds.map { "." + String(1000 + $0 % 1000).dropFirst() } ?? ""
        return "\(year)-\(two(month))-\(two(day)) \(two(second / 3600)):\(two(second / 60 % 60)):\(two(second % 60))"
            + fraction
    }

    /// The date of a day since 1970, in the Gregorian calendar.
    private static func date(ofDay day: Int) -> (year: Int, month: Int, day: Int) {
        var (year, rest) = (1970, day)
        func isLeap(_ year: Int) -> Bool { year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) }
        while rest >= (isLeap(year) ? 366 : 365) {
            rest -= isLeap(year) ? 366 : 365
            year += 1
        }
        let lengths = [31, isLeap(year) ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        var month = 1
        for length in lengths {
            if rest < length { break }
            rest -= length
            month += 1
        }
        return (year, month, rest + 1)
    }
}
