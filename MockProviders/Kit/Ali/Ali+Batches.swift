import HTTP
import JSON

extension Ali {
    /// A batch of the compatible mode. Each request for its state moves it one step.
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
        let results: Results
        private(set) var status = Status.validating

        var outputFile: String { "file-batch_output-\(id.dropFirst(6))" }
        var errorFile: String { "file-batch_error-\(id.dropFirst(6))" }

        init(id: String, input: String, endpoint: String, window: String, created: Int, results: Results) {
            self.id = id
            self.input = input
            self.endpoint = endpoint
            self.window = window
            self.created = created
            self.results = results
        }

        /// - Returns: whether the batch was completed with this step.
        mutating func step() -> Bool {
            switch status {
            case .validating: status = .running
            case .running: status = .completed
            case .cancelling: status = .cancelled
            case .completed, .cancelled: return false
            }
            return status == .completed
        }

        mutating func cancel() {
            if status == .validating || status == .running { status = .cancelling }
        }

        func write(to root: inout Document) {
            let isDone = status == .completed
            root.member("id", id)
            root.member("object", "batch")
            root.member("endpoint", endpoint)
            root.member("errors", nil)
            root.member("input_file_id", input)
            root.member("completion_window", window)
            root.member("status", status.rawValue)
            root.member("output_file_id", isDone && results.good > 0 ? outputFile : nil)
            root.member("error_file_id", isDone && results.bad > 0 ? errorFile : nil)
            root.member("created_at", created)
            root.object("request_counts") { counts in
                counts.member("total", results.good + results.bad)
                counts.member("completed", isDone ? results.good : 0)
                counts.member("failed", isDone ? results.bad : 0)
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
                // Without batches the answer has no list at all.
                if all.isEmpty { root.null() } else { root.array { for batch in all { $0.object(batch.write) } } }
                root.key("has_more")
                root.bool(false)
            }
        case ("GET", 1), ("POST", 2):
            let cancels = rest.count == 2
            if cancels, rest.last != "cancel" { throw .noPage }
            let found = rest.first.flatMap { id in
                store.batches.change(id) { batch -> (Batch, Bool) in
                    var isEnd = false
                    if cancels { batch.cancel() } else { isEnd = batch.step() }
                    return (batch, isEnd)
                }
            }
            guard let (batch, isEnd) = found else { throw .noPage }
            return Self.whole(call, served: isEnd ? finish(batch) : nil, batch.write)
        default: throw .noPage
        }
    }

    /// Writes the results into files.
    private func finish(_ batch: Batch) -> Served? {
        let files = [
            (batch.outputFile, batch.results.output, batch.results.good),
            (batch.errorFile, batch.results.errors, batch.results.bad),
        ]
        for (id, bytes, count) in files where count > 0 {
            let file = File(id: id, name: id + ".jsonl", purpose: "batch_output", bytes: bytes, created: batch.created)
            store.files.add(file, id: id)
        }
        return batch.results.served
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
        let batch = Batch(
            id: "batch_" + Self.uuid(&ids.random), input: input, endpoint: endpoint, window: window,
            created: ids.created, results: run(file.bytes, endpoint, call))
        store.batches.add(batch, id: batch.id)
        return Self.whole(call, batch.write)
    }
}

extension Ali {
    /// The answers to the lines of a batch.
    struct Results: Sendable {
        var output: [UInt8] = []
        var errors: [UInt8] = []
        var good = 0
        var bad = 0
        /// The sum of the answers that succeeded.
        var served: Served?

        mutating func add(_ next: Served?) {
            guard let next else { return }
            guard var sum = served else {
                served = next
                return
            }
            sum.promptTokens += next.promptTokens
            sum.completionTokens += next.completionTokens
            sum.cachedTokens += next.cachedTokens
            served = sum
        }
    }

    /// Answers each line at once. A batch has at most 50,000 lines.
    private func run(_ lines: [UInt8], _ endpoint: String, _ call: Call) -> Results {
        var results = Results()
        let parser = JSONParser()
        for line in lines.split(separator: 0x0a).prefix(50_000) {
            let bytes = Array(line)
            let view = try? parser.parse(bytes)
            let name = view?["custom_id"]?.string ?? ""
            let number = UInt64(results.good + results.bad)
            var hash = StableHash(seed: call.ids.content &+ number)
            hash.mix(name)
            let ids = IdentifierSource(
                random: Seeded(hash.value), created: call.ids.created, content: hash.value)
            let body = view?["body"]
            var single = Call(
                method: "POST", path: call.path, route: String(endpoint.dropFirst(4)), query: "",
                headers: call.headers, body: bytes, content: body.map { .json($0) } ?? .none, ids: ids)
            single.identity = Identity(model: body?["model"]?.string, key: call.identity.key)
            let answer = answerLine(single)
            let isGood = answer.status == 200
            results.add(isGood ? answer.served : nil)
            if isGood { results.good += 1 } else { results.bad += 1 }
            let row = Self.row(name, answer, Self.identifier(ids))
            if isGood { results.output += row } else { results.errors += row }
        }
        return results
    }

    private func answerLine(_ call: Call) -> Answer {
        do throws(Failure) {
            let fields = try Fields(call)
            if try fields.bool("stream") == true { throw .badRequest }
            return call.route == "embeddings" ? try compatibleEmbeddings(call) : try chat(call)
        } catch {
            return answer(error, call)
        }
    }

    private static func row(_ name: String, _ answer: Answer, _ id: String) -> [UInt8] {
        var document = Document()
        document.object { root in
            root.member("id", id)
            root.member("custom_id", name)
            root.object("response") { response in
                response.member("status_code", answer.status)
                response.member("request_id", id)
                response.key("body")
                if case .whole(let bytes) = answer.body {
                    response.raw(String(decoding: bytes, as: UTF8.self))
                } else {
                    response.null()
                }
            }
            root.member("error", nil)
        }
        return document.bytes + [0x0a]
    }
}
