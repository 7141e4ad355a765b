extension Ali {
    /// A task whose state the client asks for. Each of these requests moves it one step, so that tests need no clock.
    struct Task: Sendable {
        enum Kind: Sendable { case picture, video, vectors }
        enum Status: String, Sendable { case pending, running, suspended, succeeded, failed, canceled }

        let id: String
        let requestID: String
        let model: String
        let key: String
        let kind: Kind
        let count: Int
        /// The time in seconds since 1970.
        let created: Int
        /// The tokens of the prompt. The ledger entry of a picture has them.
        let tokens: Int
        /// The addresses of the results.
        let addresses: [String]
        /// How many requests see the task pending before it runs: `mock-task-pending-N` in the prompt.
        let patience: Int
        /// How the task ends: `mock-task-fail`, `mock-blocked`.
        let failure: Failure?
        /// With `mock-task-partial` the first of the results is an error.
        let isPartial: Bool
        /// With `mock-task-suspend` one request sees a state that is neither running nor done.
        let isSuspended: Bool
        /// With `mock-task-hang` the task never ends.
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
        /// The task's clock, which moves one second per request.
        var end: Int { created + looks }

        /// Moves the task one step: pending, then running, then done.
        /// - Returns: whether the task ended with this step.
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

        /// Cancels the task, and returns whether that was still possible.
        mutating func cancel() -> Bool {
            guard status == .pending else { return false }
            status = .canceled
            return true
        }
    }

    /// The number behind a word of the prompt, such as 3 in `mock-task-pending-3`; 0 if the word is not there.
    static func number(after mark: StaticString, in text: String) -> Int {
        guard let range = text.firstRange(of: mark) else { return 0 }
        return min(Int(text[range.upperBound...].prefix { $0.isASCII && $0.isNumber }) ?? 0, 1000)
    }

    /// The time in Beijing as `YYYY-MM-DD HH:MM:SS.mmm`, without a zone.
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

    /// The Gregorian date of a day since 1970.
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
