import HTTP
import JSON

extension Ali {
    /// Starts a task, whose answer comes later (§5).
    func startTask(_ call: Call, _ kind: Task.Kind) throws(Failure) -> Answer {
        let fields = try Fields(call)
        let name = try fields.model()
        let kinds: [Model.Kind] =
            switch kind {
            case .picture: [.picture, .painter]
            case .video: [.video]
            case .vectors: [.embedding]
            }
        let model = try Model.find(name, kinds)
        guard call.asksForTask else { throw .onlyTasks }
        let input = try fields.input()
        let prompt = try Self.taskPrompt(input, kind)
        let parameters = try fields.parameters()
        let count = kind == .picture ? try parameters?.int("n", 1...4) ?? 1 : 1
        if kind == .picture { _ = try Self.size(parameters?.string("size")) }
        _ = try parameters?.string("style")
        var ids = call.ids
        let requestID = Self.uuid(&ids.random)
        let id = Self.uuid(&ids.random)
        let suffix =
            switch kind {
            case .picture: "png"
            case .video: "mp4"
            case .vectors: "txt.gz"
            }
        let addresses = (0..<count).map { index in Self.address("\(id)-\(index + 1).\(suffix)", call) }
        let task = Task(
            id: id, requestID: requestID, model: name, key: call.identity.key ?? "", kind: kind, count: count,
            created: ids.created, tokens: prompts.count(prompt, model: model.id), addresses: addresses,
            prompt: prompt)
        store.tasks.add(task, id: id)
        return Self.whole(call) { root in
            root.object("output") { output in
                output.member("task_status", "PENDING")
                output.member("task_id", id)
            }
            root.member("request_id", requestID)
        }
    }

    /// The text from which a task starts: a prompt, messages, or the address of a picture.
    private static func taskPrompt(_ input: Fields, _ kind: Task.Kind) throws(Failure) -> String {
        if kind == .vectors {
            guard let url = try input.string("url") else { throw .badRequest }
            guard url.hasPrefix("http://") || url.hasPrefix("https://") else { throw .badURL }
            return url
        }
        var text = try input.string("prompt") ?? ""
        if let messages = input.member("messages"), messages.isArray {
            messages.forEachElement { message in
                message["content"]?.forEachElement { text += $0["text"]?.string ?? "" }
            }
        }
        for name: StaticString in ["image_url", "base_image_url", "img_url", "ref_image_url"] {
            guard let address = try input.string(name) else { continue }
            guard address.hasPrefix("http") || address.hasPrefix("oss://") || address.hasPrefix("data:image/") else {
                throw .badURL
            }
            text += text.isEmpty ? address : ""
        }
        if text.isEmpty { throw .badRequest }
        return text
    }

    /// Reads a width and a height with `*` between them.
    static func size(_ text: String?) throws(Failure) -> (width: Int, height: Int) {
        guard let text else { return (1024, 1024) }
        let sides = text.split(separator: "*", omittingEmptySubsequences: false).compactMap { Int($0) }
        guard sides.count == 2, let width = sides.first, let height = sides.last, (256...4096).contains(width),
            (256...4096).contains(height)
        else { throw .parameter("size must be in the format of width*height, such as 1024*1024") }
        return (width, height)
    }

    func task(_ call: Call, _ id: String) -> Answer {
        let found = store.tasks.change(id) { task -> (Task, Bool)? in
            if task.key != call.identity.key { return nil }
            let isEnd = task.step()
            return (task, isEnd)
        }
        guard let (task, isEnd) = found ?? nil else {
            return Self.whole(call) { root in
                root.member("request_id", Self.identifier(call.ids))
                root.object("output") { output in
                    output.member("task_id", id)
                    output.member("task_status", "UNKNOWN")
                }
            }
        }
        let served =
            isEnd && task.status == .succeeded
            ? Served(
                id: task.id, model: task.model, key: task.key, promptTokens: task.tokens, completionTokens: 0,
                cachedTokens: 0) : nil
        return Self.whole(call, served: served) { task.write(Self.identifier(call.ids), call.usage, to: &$0) }
    }

    func cancelTask(_ call: Call, _ id: String) throws(Failure) -> Answer {
        let isTaken = store.tasks.change(id) { $0.key == call.identity.key && $0.cancel() } ?? false
        guard isTaken else { throw .notPending }
        return Self.whole(call) { $0.member("request_id", Self.identifier(call.ids)) }
    }

    func listTasks(_ call: Call) -> Answer {
        let size = min(100, max(1, call.queryValue("page_size").flatMap { Int($0) } ?? 10))
        let page = max(1, call.queryValue("page_no").flatMap { Int($0) } ?? 1)
        let (model, status) = (call.queryValue("model_name"), call.queryValue("status"))
        let all = store.tasks.all.filter { task in
            task.key == call.identity.key && (model == nil || task.model == model)
                && (status == nil || task.status.rawValue.uppercased() == status)
        }
        let start = min(all.count, (page - 1).multipliedReportingOverflow(by: size).partialValue)
        let shown = all[max(0, start)...].prefix(size)
        return Self.whole(call) { root in
            root.member("total", all.count)
            root.array("data") { list in for task in shown { list.object { task.writeRow(to: &$0) } } }
            root.member("total_page", (all.count + size - 1) / size)
            root.member("page_no", page)
            root.member("page_size", size)
            root.member("request_id", Self.identifier(call.ids))
        }
    }
}

extension Ali.Task {
    func write(_ requestID: String, _ fault: UsageFault, to root: inout Document) {
        root.member("request_id", requestID)
        root.object("output") { output in
            output.member("task_id", id)
            output.member("task_status", status.rawValue.uppercased())
            output.member("submit_time", Ali.beijingTime(created, milliseconds: 817))
            if status != .pending { output.member("scheduled_time", Ali.beijingTime(created, milliseconds: 831)) }
            // A task that failed has an end time without milliseconds.
            if isDone {
                output.member("end_time", Ali.beijingTime(end, milliseconds: status == .succeeded ? 565 : nil))
            }
            if status == .failed, let failure {
                output.member("code", failure.code)
                output.member("message", failure.message)
            }
            if status == .succeeded { writeResults(to: &output) }
            writeMetrics(to: &output)
        }
        if status == .succeeded, fault != .missing { writeUsage(fault, to: &root) }
    }

    private func writeResults(to output: inout Document) {
        switch kind {
        case .video: output.member("video_url", addresses.first)
        case .vectors: output.member("url", addresses.first)
        case .picture:
            output.array("results") { list in
                for (index, address) in addresses.enumerated() {
                    list.object { item in
                        if isPartial, index == 0 {
                            item.member("code", Ali.Failure.badOutput.code)
                            item.member("message", Ali.Failure.badOutput.message)
                        } else {
                            item.member("url", address)
                        }
                    }
                }
            }
        }
    }

    private var failures: Int { status == .failed ? count : status == .succeeded && isPartial ? 1 : 0 }

    private func writeMetrics(to output: inout Document) {
        output.object("task_metrics") { metrics in
            metrics.member("TOTAL", count)
            metrics.member("SUCCEEDED", status == .succeeded ? count - failures : 0)
            metrics.member("FAILED", failures)
        }
    }

    private func writeUsage(_ fault: UsageFault, to root: inout Document) {
        let factor =
            switch fault {
            case .zero: 0
            case .wrong: 10
            default: 1
            }
        root.object("usage") { usage in
            switch kind {
            case .picture: usage.member("image_count", (count - failures) * factor)
            case .video: usage.member("video_count", factor)
            case .vectors: usage.member("total_tokens", tokens * factor)
            }
        }
    }

    func writeRow(to item: inout Document) {
        item.member("task_id", id)
        item.member("status", status.rawValue.uppercased())
        item.member("model_name", model)
        item.member("api_key_id", "10000001")
        item.member("caller_uid", "1000000000000001")
        item.member("caller_parent_id", "1000000000000001")
        item.member("region", "cn-beijing")
        item.member("request_id", requestID)
        item.member("gmt_create", created * 1000)
        item.member("start_time", created * 1000 + 14)
        item.member("end_time", isDone ? end * 1000 : 0)
        item.member("user_api_unique_key", "apikey:v1:aigc:\(model)")
    }
}
