import JSON

extension Ali {
    /// A batch of the compatible mode: it moves a step each time it is looked at. Its lines are not answered.
    struct Batch: Sendable {
        enum Status: String, Sendable {
            case validating
            case running = "in_progress"
            case completed, cancelling, cancelled
        }

        let id: String
        let input: String
        let endpoint: String
        let window: String
        let created: Int
        let lines: Int
        private(set) var status = Status.validating

        init(id: String, input: String, endpoint: String, window: String, created: Int, lines: Int) {
            self.id = id
            self.input = input
            self.endpoint = endpoint
            self.window = window
            self.created = created
            self.lines = lines
        }

        mutating func step() {
            switch status {
            case .validating: status = .running
            case .running: status = .completed
            case .cancelling: status = .cancelled
            case .completed, .cancelled: break
            }
        }

        mutating func cancel() {
            if status == .validating || status == .running { status = .cancelling }
        }

        func write(to root: inout Document) {
            root.member("id", id)
            root.member("object", "batch")
            root.member("endpoint", endpoint)
            root.member("errors", nil)
            root.member("input_file_id", input)
            root.member("completion_window", window)
            root.member("status", status.rawValue)
            root.member("output_file_id", status == .completed ? "file-batch_output-\(id.dropFirst(6))" : nil)
            root.member("error_file_id", nil)
            root.member("created_at", created)
            root.object("request_counts") { counts in
                counts.member("total", lines)
                counts.member("completed", status == .completed ? lines : 0)
                counts.member("failed", 0)
            }
        }
    }

    func batches(_ call: Call, _ rest: [String]) throws(Failure) -> Answer {
        switch (call.method, rest.count) {
        case ("POST", 0): return try makeBatch(call)
        case ("GET", 0):
            let all = store.batches.all
            return Self.whole(call) { root in
                root.member("object", "list")
                root.key("data")
                // No list at all where there is nothing to list.
                if all.isEmpty { root.null() } else { root.array { for batch in all { $0.object(batch.write) } } }
                root.key("has_more")
                root.bool(false)
            }
        case ("GET", 1), ("POST", 2):
            let cancels = rest.count == 2
            if cancels, rest.last != "cancel" { throw .noPage }
            let found = rest.first.flatMap { id in
                store.batches.change(id) { batch in
                    if cancels { batch.cancel() } else { batch.step() }
                    return batch
                }
            }
            guard let found else { throw .noPage }
            return Self.whole(call, found.write)
        default: throw .noPage
        }
    }

    private func makeBatch(_ call: Call) throws(Failure) -> Answer {
        let fields = try Fields(call)
        guard let input = try fields.string("input_file_id"), let file = store.files.change(input, { $0 }) else {
            throw .badRequest
        }
        guard let endpoint = try fields.string("endpoint"), let window = try fields.string("completion_window") else {
            throw .badRequest
        }
        guard endpoint == "/v1/chat/completions" || endpoint == "/v1/embeddings" else { throw .badRequest }
        var ids = call.ids
        let lines = file.bytes.split(separator: 0x0a).count
        let batch = Batch(
            id: "batch_" + Self.uuid(&ids.random), input: input, endpoint: endpoint, window: window,
            created: ids.created, lines: lines)
        store.batches.add(batch, id: batch.id)
        return Self.whole(call, batch.write)
    }
}
