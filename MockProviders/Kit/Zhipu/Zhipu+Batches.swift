import JSON

extension Zhipu {
    /// A file of requests that are answered together. It is done when the client asks for its state the second time.
    struct Batch: Sendable {
        enum State: String {
            case running = "in_progress"
            case completed, cancelling, cancelled
        }

        let id: String
        let endpoint: String
        let input: String
        let window: String
        let metadata: JSON
        let created: Int
        /// The file with the answers, once the batch is done.
        let output: StoredFile
        let total: Int
        let failed: Int
        let served: Served?
        var state = State.running
        var looks = 0

        func write(to document: inout Document) {
            let isDone = state == .completed
            document.member("id", id)
            document.member("object", "batch")
            document.member("endpoint", endpoint)
            document.member("input_file_id", input)
            document.member("completion_window", window)
            document.member("status", state.rawValue)
            document.member("output_file_id", isDone ? output.id : nil)
            document.member("error_file_id", nil as String?)
            document.member("created_at", created)
            document.object("request_counts") { counts in
                counts.member("total", total)
                counts.member("completed", isDone ? total - failed : 0)
                counts.member("failed", isDone ? failed : 0)
            }
            document.key("metadata")
            document.raw(metadata.text)
        }
    }
}

extension Zhipu.Platform {
    func createBatch(_ call: Call) throws(Zhipu.Failure) -> Answer {
        let fields = try Zhipu.Fields(call)
        let input = try fields.needed("input_file_id")
        let endpoint = try fields.needed("endpoint")
        guard ["/v4/chat/completions", "/v4/embeddings"].contains(endpoint) else { throw .invalid("endpoint") }
        let window = try fields.string("completion_window") ?? "24h"
        let metadata = try fields.object("metadata").map { JSON($0) } ?? .null
        guard let file = files.change(input, { $0 }), file.purpose == "batch" else { throw .invalid("input_file_id") }
        let lines = file.bytes.split(separator: 0x0a).filter { line in line.contains { $0 > 0x20 } }
        if lines.isEmpty || lines.count > 10_000 { throw .invalid("input_file_id") }
        var ids = call.ids
        let id = "batch_" + ids.random.hex(24)
        var output: [UInt8] = []
        var failed = 0
        var sum: Served?
        for (number, line) in lines.enumerated() {
            let (name, answer) = try run(Array(line), number, endpoint, call)
            output += Self.line(name, answer, id: "\(id)_\(number)")
            if answer.status != 200 { failed += 1 }
            guard let served = answer.served else { continue }
            var all = sum ?? Zhipu.Usage(prompt: 0).served(id: id, model: served.model, call: call)
            all.promptTokens += served.promptTokens
            all.completionTokens += served.completionTokens
            all.cachedTokens += served.cachedTokens
            sum = all
        }
        let result = Zhipu.StoredFile(
            id: "file-" + ids.random.hex(24), name: "output.jsonl", purpose: "batch_output", created: ids.created,
            bytes: output)
        let batch = Zhipu.Batch(
            id: id, endpoint: endpoint, input: input, window: window, metadata: metadata, created: ids.created,
            output: result, total: lines.count, failed: failed, served: sum)
        batches.add(batch, id: id)
        return answer(id: Zhipu.identifier(&ids)) { batch.write(to: &$0) }
    }

    /// Answers one request of a batch. The answer is made at once.
    private func run(
        _ line: [UInt8], _ number: Int, _ endpoint: String, _ call: Call
    ) throws(Zhipu.Failure) -> (name: String, answer: Answer) {
        guard let request = try? JSON.parse(line), let name = request["custom_id"]?.string,
            request["url"]?.string == endpoint, let body = request["body"]
        else { throw .invalid("input_file_id") }
        let parser = JSONParser()
        guard let view = try? parser.parse(body.encoded()) else { throw .invalid("input_file_id") }
        var hash = StableHash(seed: call.ids.content &+ UInt64(number))
        hash.mix(name)
        let own = Call(
            method: call.method, path: call.path, route: call.route, query: "", headers: call.headers, body: line,
            content: .json(view), identity: call.identity,
            ids: IdentifierSource(random: Seeded(hash.value), created: call.ids.created, content: hash.value))
        do throws(Zhipu.Failure) {
            if view["stream"]?.bool == true { throw .invalid("stream") }
            return (name, try endpoint == "/v4/embeddings" ? embeddings(own) : chat(own))
        } catch {
            return (name, error.answer(own))
        }
    }

    private static func line(_ name: String, _ answer: Answer, id: String) -> [UInt8] {
        guard case .whole(let body) = answer.body else { return [] }
        var document = Document(reserving: body.count + 128)
        document.object { root in
            root.object("response") { response in
                response.member("status_code", answer.status)
                response.key("body")
                response.raw(String(decoding: body, as: UTF8.self))
            }
            root.member("custom_id", name)
            root.member("id", id)
        }
        return document.bytes + [0x0a]
    }

    func listBatches(_ call: Call) throws(Zhipu.Failure) -> Answer {
        try list(batches.all, call, id: \.id) { $0.write(to: &$1) }
    }

    func retrieveBatch(_ id: String, _ call: Call) throws(Zhipu.Failure) -> Answer {
        let found = batches.change(id) { batch in
            batch.looks += 1
            let ends = batch.state == .running && batch.looks > 1
            if ends { batch.state = .completed }
            if batch.state == .cancelling { batch.state = .cancelled }
            return (batch, ends)
        }
        guard let (batch, ends) = found else { throw .invalid("batch_id") }
        if ends { files.add(batch.output, id: batch.output.id) }
        var ids = call.ids
        return answer(id: Zhipu.identifier(&ids), served: ends ? batch.served : nil) { batch.write(to: &$0) }
    }

    func cancelBatch(_ id: String, _ call: Call) throws(Zhipu.Failure) -> Answer {
        let found = batches.change(id) { batch in
            let wasRunning = batch.state == .running
            if wasRunning { batch.state = .cancelling }
            return (batch, wasRunning)
        }
        guard let (batch, wasRunning) = found, wasRunning else { throw .invalid("batch_id") }
        var ids = call.ids
        return answer(id: Zhipu.identifier(&ids)) { batch.write(to: &$0) }
    }
}
