import HTTP
import JSON

/// An answer of the target.
struct Reply {
    let status: Int
    let headers: HTTPHeaders
    let body: [UInt8]
    /// Whether the body was received to its end.
    let isWhole: Bool
    /// How many bytes of the body arrived before the upstream had finished its answer.
    var earlyBytes = 0

    var text: String { String(decoding: body, as: UTF8.self) }
    var json: JSON? {
        guard let json = try? JSON.parse(body), json.object != nil else { return nil }
        return json
    }
    var error: JSON? { json?["error"] }

    /// Whether a gateway that rests a channel may answer like this.
    var mayComeFromRest: Bool { status == 429 || status >= 500 }

    /// The field that an honest refusal names, in `param` or as one of `fields` in the message.
    func refusedField(among fields: [String]) -> String? {
        guard status == 400 || status == 422, let error else { return nil }
        // An error about the model says nothing about the field.
        if let field = error["param"]?.string, !field.isEmpty, field != "model" { return field }
        let message = error["message"]?.string ?? ""
        return fields.first { message.names($0) }
    }
}

extension String {
    /// Whether the text contains the name as a separate word. A name of one or two characters must be quoted.
    fileprivate func names(_ field: String) -> Bool {
        var rest = self[...]
        while let found = rest.firstRange(of: field) {
            let before = self[..<found.lowerBound].last
            let after = self[found.upperBound...].first
            if field.count < 3 {
                if let before, before == after, "'\"`".contains(before) { return true }
            } else if before.map(Self.isWordCharacter) != true, after.map(Self.isWordCharacter) != true {
                return true
            }
            rest = self[found.upperBound...]
        }
        return false
    }

    private static func isWordCharacter(_ character: Character) -> Bool {
        character.isLetter || character.isNumber || character == "_"
    }

    /// The text on one line, cut if it is longer than the limit.
    func shortened(to limit: Int = 160) -> String {
        let line = String(map { $0.isNewline ? " " : $0 })
        return line.count > limit ? line.prefix(limit) + "…" : line
    }
}
