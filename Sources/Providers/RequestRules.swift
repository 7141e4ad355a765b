package import HTTP
package import JSON

/// How the requests of one channel differ from those of other channels of its type, as its `config` says: the name of the
/// limit of an answer, and members and headers that the operator sets.
package struct RequestRules: Sendable, Equatable {
    /// The name under which the limit of an answer is sent.
    package enum LimitName: String, Sendable, CaseIterable {
        /// The name that the client used.
        case asSent = "as_sent"
        case maxTokens = "max_tokens"
        case maxCompletionTokens = "max_completion_tokens"
        /// `max_completion_tokens` for OpenAI's models that refuse the older name.
        case byModel = "by_model"
    }

    /// A header of the operator's.
    package struct Header: Sendable, Equatable {
        package let name: String
        /// `nil` takes the header away.
        package let value: String?
    }

    package var limitName: LimitName
    /// Members that replace or join the request's; null takes one away.
    package var parameters: JSONObject
    package var headers: [Header]

    package init(limitName: LimitName = .asSent, parameters: JSONObject = JSONObject(), headers: [Header] = []) {
        self.limitName = limitName
        self.parameters = parameters
        self.headers = headers
    }

    /// The rules of a channel whose `config` has none.
    package init(type: Int) {
        self.init(limitName: OpenAIVendor.all[type]?.limitName ?? .asSent)
    }

    // MARK: Bodies

    /// Whether a body has to be written anew.
    /// - Parameters:
    ///   - model: the upstream's name.
    ///   - hasLimit: the request says how long an answer may be.
    package func changesBody(model: String, hasLimit: Bool) -> Bool {
        !parameters.members.isEmpty || hasLimit && renaming(model) != nil
    }

    /// The old and the new name of the limit.
    private func renaming(_ model: String) -> (from: String, to: String)? {
        let (older, newer) = (LimitName.maxTokens.rawValue, LimitName.maxCompletionTokens.rawValue)
        return switch limitName {
        case .asSent: nil
        case .maxTokens: (newer, older)
        case .maxCompletionTokens: (older, newer)
        case .byModel: Self.refusesOlderLimit(model) ? (older, newer) : nil
        }
    }

    /// OpenAI's models that think: `o1` and its like, and all since GPT-5. Azure's deployments are often named as the model,
    /// perhaps without its dot; `gpt-35` is not among them.
    static func refusesOlderLimit(_ model: String) -> Bool {
        var name = model.split(separator: "/").last ?? ""
        if name.hasPrefix("ft:") { name = name.dropFirst(3) }
        if name.hasPrefix("o") {
            let number = name.dropFirst().prefix(while: isDigit)
            let rest = name.dropFirst(1 + number.count)
            return !number.isEmpty && (rest.isEmpty || rest.first == "-" || rest.first == ":")
        }
        guard name.hasPrefix("gpt-") else { return false }
        let number = name.dropFirst(4).prefix(while: isDigit)
        guard let first = number.first?.wholeNumberValue else { return false }
        return first >= 5 || number.count > 1 && first < 3
    }

    private static func isDigit(_ character: Character) -> Bool { ("0"..."9").contains(character) }

    /// A JSON object as the channel wants it; other bytes as they are.
    package func rewritten(_ body: [UInt8], model: String) -> [UInt8] {
        let renaming = renaming(model)
        guard renaming != nil || !parameters.members.isEmpty else { return body }
        return body.withUnsafeBytes { bytes in
            guard bytes.first(where: { $0 > 0x20 }) == 0x7b else { return body }
            var members = Members(bytes)
            var own = parameters
            if let renaming {
                members.rename(renaming.from, to: renaming.to)
                if own[renaming.to] == nil, let value = own[renaming.from] {
                    own[renaming.from] = nil
                    own[renaming.to] = value
                }
            }
            for member in own.members { members.set(member.key, member.value) }
            return members.encoded(bytes)
        }
    }

    // MARK: Headers

    package func apply(to all: inout HTTPHeaders) {
        for header in headers {
            if let value = header.value { all.set(header.name, value) } else { all.remove(header.name) }
        }
    }
}

/// The members of an object. Those that no rule changes keep the bytes in which the client wrote them.
private struct Members {
    private enum Value {
        case bytes(Range<Int>)
        case json(JSON)
    }

    private var all: [(key: String, value: Value)] = []

    init(_ bytes: UnsafeRawBufferPointer) {
        JSONSpans.forEachMember(in: bytes) { member in
            let key = JSONSpans.withKey(of: member, in: bytes) { String(decoding: $0, as: UTF8.self) }
            let isNull = bytes[member.valueRange.lowerBound] == UInt8(ascii: "n")
            all.append((key, isNull ? .json(.null) : .bytes(member.valueRange)))
            return true
        }
    }

    /// If the object has both names, the member with the old name is dropped. A null counts as absent.
    mutating func rename(_ old: String, to new: String) {
        func isThere(_ name: String) -> Bool {
            all.contains { member in
                if member.key == name, case .bytes = member.value { true } else { false }
            }
        }
        guard all.contains(where: { $0.key == old }) else { return }
        if isThere(new) || !isThere(old) { return all.removeAll { $0.key == old } }
        all.removeAll { $0.key == new }
        for index in all.indices where all[index].key == old { all[index].key = new }
    }

    mutating func set(_ key: String, _ value: JSON) {
        let place = all.firstIndex { $0.key == key } ?? all.endIndex
        all.removeAll { $0.key == key }
        if !value.isNull { all.insert((key, .json(value)), at: min(place, all.endIndex)) }
    }

    func encoded(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
        var output: [UInt8] = [0x7b]
        output.reserveCapacity(bytes.count + 256)
        for (index, member) in all.enumerated() {
            if index > 0 { output.append(0x2c) }
            JSONEscapes.append(member.key, to: &output)
            output.append(0x3a)
            switch member.value {
            case .bytes(let range): output.append(contentsOf: UnsafeRawBufferPointer(rebasing: bytes[range]))
            case .json(let value): output.append(contentsOf: value.encoded())
            }
        }
        output.append(0x7d)
        return output
    }
}

extension EncodedRequest {
    /// The request as its channel wants it.
    /// - Parameter hasLimit: the request says how long an answer may be.
    package func following(_ rules: RequestRules, model: String, hasLimit: Bool = true) -> EncodedRequest {
        var request = self
        rules.apply(to: &request.headers)
        if rules.changesBody(model: model, hasLimit: hasLimit) { request.body = rules.rewritten(body, model: model) }
        return request
    }
}
