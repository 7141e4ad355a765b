import JSON
import MockKit

/// One thing that a gateway must get right.
struct Case: Sendable {
    let name: String
    /// The request's members that an honest refusal may name.
    let fields: [String]
    let run: @Sendable (Judge) async throws(Verdict) -> Void

    init(
        _ name: String, refusedBy fields: [String] = [],
        _ run: @escaping @Sendable (Judge) async throws(Verdict) -> Void
    ) {
        self.name = name
        self.fields = fields
        self.run = run
    }

    static let all: [Case] = [text, sampling, reasoning, tools, content, failures, endpoints].flatMap(\.self)

    /// Has characters of one to four bytes, quotes, control characters and a backslash.
    static let words = "Grüße aus Bergen: \"fish\" \\ 12 °C,\n晴れ 😀 👩‍👩‍👧."

    static func script(_ change: (inout Script) -> Void) -> Script {
        var script = Script()
        change(&script)
        return script
    }

    /// An image of one pixel, as base64.
    static let pixel =
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="

    static func expect(_ value: some Equatable, _ wanted: some Equatable, _ what: String) throws(Verdict) {
        guard "\(value)" == "\(wanted)" else {
            throw .lost("\(what) is \("\(value)".shortened()), and the upstream said \("\(wanted)".shortened())")
        }
    }
}

extension JSON {
    /// The message of a whole answer's first choice.
    var message: JSON? { self["choices"]?[0]?["message"] }
    var finishReason: String { self["choices"]?[0]?["finish_reason"]?.string ?? "missing" }
}
