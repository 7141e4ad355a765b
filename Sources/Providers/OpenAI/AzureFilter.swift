import JSON

/// What Azure's content filter adds to a stream: chunks that the format's clients cannot read (spec/wire/azure.md §4,
/// numbers 1, 4 and 7).
///
/// A stream opens with the verdict on the prompt, in a chunk without choices and without a head. Where the filter runs
/// beside the model, verdicts on the text come in between, in choices without `delta`. Both are dropped; only a verdict
/// that ends a choice is passed on, with an empty `delta` and the head of the chunks before it.
struct AzureFilter {
    private var id = ""
    private var model = ""
    private var created: Int64 = 0

    /// Whether a chunk has no head: Azure writes empty texts.
    static func isHeadless(_ root: JSONView) -> Bool {
        root["choices"]?.isArray == true && root["id"]?.withUTF8 { $0.isEmpty } ?? true
    }

    /// Whether no choice of a chunk says anything but what the filter found; completions have `text`, MiniMax's last
    /// chunk has `message`.
    static func isVerdict(_ root: JSONView) -> Bool {
        var isVerdict = true
        root["choices"]?.forEachElement { choice in
            if choice["delta"] != nil || choice["text"] != nil || choice["message"] != nil { isVerdict = false }
        }
        return isVerdict
    }

    /// Notes the head of a chunk; the first one stands for all.
    mutating func remember(_ root: JSONView) {
        guard id.isEmpty else { return }
        id = Self.text(root["id"])
        model = Self.text(root["model"])
        created = root["created"]?.int ?? 0
    }

    private static func text(_ value: JSONView?) -> String {
        value?.withUTF8 { String(decoding: $0, as: UTF8.self) } ?? ""
    }

    /// A verdict as a chunk that clients can read; `nil` if it ends no choice and has no usage to tell.
    func repaired(_ data: UnsafeRawBufferPointer, hidesUsage: Bool) -> [UInt8]? {
        guard var root = (try? JSON.parse(Array(data)))?.object else { return nil }
        let ended = (root["choices"]?.array ?? []).compactMap { choice -> JSON? in
            guard var choice = choice.object, choice["finish_reason"]?.string?.isEmpty == false else { return nil }
            choice["delta"] = .object(JSONObject())
            return .object(choice)
        }
        if hidesUsage { root["usage"] = nil }
        guard !ended.isEmpty || root["usage"]?.object != nil else { return nil }
        root["choices"] = .array(ended)
        if root["id"]?.string?.isEmpty ?? true {
            root["id"] = .string(id)
            root["model"] = .string(model)
            root["created"] = .int(created)
            root["object"] = .string("chat.completion.chunk")
        }
        return JSON.object(root).encoded()
    }
}
