import HTTP
import JSON

/// A stream of the target's, put together.
struct StreamReply {
    struct Call: Equatable {
        var id = ""
        var name = ""
        var arguments = ""
    }

    private(set) var text = ""
    private(set) var reasoning = ""
    /// The member in which the reasoning came, if it is not `reasoning_content`.
    private(set) var reasoningDialect: String?
    private(set) var finish: String?
    private(set) var usage: JSON?
    private(set) var calls: [Call] = []
    /// Annotations, and what stands beside the choices.
    private(set) var pages = Pages()
    private(set) var isDone = false
    private(set) var error: JSON?
    /// Chunks with a delta.
    private(set) var deltas = 0
    private(set) var badChunks = 0

    init(_ reply: Reply) { self.init(reply.body, isWhole: reply.isWhole) }

    init(_ bytes: some Sequence<UInt8>, isWhole: Bool) {
        var parser = SSEParser()
        var payloads: [[UInt8]] = []
        Array(bytes).withUnsafeBytes { parser.feed($0) { _, data in payloads.append(Array(data)) } }
        for payload in payloads {
            if payload.starts(with: "[DONE]".utf8) {
                isDone = isWhole
                continue
            }
            guard let chunk = try? JSON.parse(payload), chunk.object != nil else {
                badChunks += 1
                continue
            }
            add(chunk)
        }
    }

    private mutating func add(_ chunk: JSON) {
        if let found = chunk["error"], !found.isNull { error = found }
        if let found = chunk["usage"], found.object != nil { usage = found }
        pages.add(beside: chunk)
        guard let choice = chunk["choices"]?[0] else { return }
        if let word = choice["finish_reason"]?.string, !word.isEmpty { finish = word }
        guard let delta = choice["delta"], delta.object != nil else {
            badChunks += 1
            return
        }
        deltas += 1
        text += delta["content"]?.string ?? ""
        if let thought = delta["reasoning_content"]?.string {
            reasoning += thought
        } else if let thought = delta["reasoning"]?.string, !thought.isEmpty {
            reasoning += thought
            reasoningDialect = "reasoning"
        }
        pages.add(of: delta)
        for call in delta["tool_calls"]?.array ?? [] { add(call: call) }
    }

    private mutating func add(call: JSON) {
        guard let index = call["index"]?.int.flatMap({ Int(exactly: $0) }), (0..<128).contains(index) else {
            badChunks += 1
            return
        }
        while !calls.indices.contains(index) { calls.append(Call()) }
        calls[index].id += call["id"]?.string ?? ""
        calls[index].name += call["function"]?["name"]?.string ?? ""
        calls[index].arguments += call["function"]?["arguments"]?.string ?? ""
    }
}

/// The pages that an answer names as its sources.
struct Pages {
    private(set) var addresses: [String] = []
    private var hasAnnotations = false
    private var otherMember: String?

    /// The member that holds them, if it is not OpenAI's `annotations`.
    var dialect: String? { hasAnnotations ? nil : otherMember }

    init() {}

    /// - Parameter answer: a whole one.
    init(_ answer: JSON) {
        add(beside: answer)
        if let message = answer["choices"]?[0]?["message"] { add(of: message) }
    }

    mutating func add(beside answer: JSON) {
        take(answer["search_results"], from: "search_results")
        take(answer["citations"], from: "citations")
    }

    mutating func add(of message: JSON) {
        take(message["annotations"], from: nil)
        let fields = message["provider_specific_fields"]
        for name in ["citations", "search_results", "web_search_results"] {
            take(fields?[name], from: "provider_specific_fields")
        }
    }

    private mutating func take(_ list: JSON?, from name: String?) {
        for found in Self.urls(in: list ?? .null) {
            addresses.append(found)
            if let name { otherMember = name } else { hasAnnotations = true }
        }
    }

    /// Lists may lie in lists, since some tell a block's citations together.
    private static func urls(in list: JSON) -> [String] {
        (list.array ?? []).flatMap { item -> [String] in
            if item.array != nil { return urls(in: item) }
            if let address = item.string { return [address] }
            return [(item["url_citation"] ?? item)["url"]?.string].compactMap(\.self)
        }
    }
}
