import HTTP
import JSON

/// A stream of the target, put together from its chunks.
struct StreamReply {
    struct Call: Equatable {
        var id = ""
        var name = ""
        var arguments = ""
    }

    private(set) var text = ""
    private(set) var reasoning = ""
    /// The member that held the reasoning, if it was not `reasoning_content`.
    private(set) var reasoningDialect: String?
    private(set) var finish: String?
    private(set) var usage: JSON?
    private(set) var calls: [Call] = []
    /// The pages from annotations and from members beside the choices.
    private(set) var pages = Pages()
    private(set) var isDone = false
    private(set) var error: JSON?
    /// How many chunks have a delta.
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
