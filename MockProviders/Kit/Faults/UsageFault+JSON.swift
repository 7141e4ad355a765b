import JSON

extension UsageFault {
    /// The usage object as the answer reports it under the fault; `nil` if the answer leaves it out.
    func told(_ usage: JSON) -> JSON? {
        switch self {
        case .none: usage
        case .missing: nil
        case .zero: Self.times(0, usage)
        case .wrong: Self.times(10, usage)
        }
    }

    private static func times(_ factor: Int64, _ value: JSON) -> JSON {
        if let count = value.int { return .int(count * factor) }
        guard let object = value.object else { return value }
        var output = JSONObject()
        for member in object.members { output.append(member.key, times(factor, member.value)) }
        return .object(output)
    }
}
