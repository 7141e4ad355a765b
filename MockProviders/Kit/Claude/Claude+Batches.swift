import HTTP
import JSON

extension Claude {
    /// A batch of messages. It is done when the client asks for its state the second time.
    struct Batch: Sendable {
        enum State { case running, canceling, ended }

        struct Item: Sendable {
            let name: String
            /// The message or the error object.
            let body: [UInt8]
            let isGood: Bool
            let served: Served?
        }

        let id: String
        let created: Int
        let items: [Item]
        var state = State.running
        var isCanceled = false
        var looks = 0

        func write(to document: inout Document, address: String) {
            let isDone = state == .ended
            let good = items.count { $0.isGood }
            document.member("id", id)
            document.member("type", "message_batch")
            document.member("processing_status", isDone ? "ended" : state == .canceling ? "canceling" : "in_progress")
            document.object("request_counts") { counts in
                counts.member("processing", isDone ? 0 : items.count)
                counts.member("succeeded", isDone && !isCanceled ? good : 0)
                counts.member("errored", isDone && !isCanceled ? items.count - good : 0)
                counts.member("canceled", isDone && isCanceled ? items.count : 0)
                counts.member("expired", 0)
            }
            document.member("ended_at", isDone ? rfc3339(created + 60) : nil)
            document.member("created_at", rfc3339(created))
            document.member("expires_at", rfc3339(created + 86_400))
            document.member("archived_at", nil as String?)
            document.member("cancel_initiated_at", isCanceled ? rfc3339(created + 30) : nil)
            document.member("results_url", isDone ? address : nil)
        }

        /// The results, one line for each request.
        var lines: [UInt8] {
            var bytes: [UInt8] = []
            for item in items {
                bytes += "{\"custom_id\":".utf8
                bytes.appendJSON(item.name)
                if isCanceled {
                    bytes += ",\"result\":{\"type\":\"canceled\"}}\n".utf8
                } else {
                    bytes += ",\"result\":{\"type\":".utf8
                    bytes += (item.isGood ? "\"succeeded\",\"message\":" : "\"errored\",\"error\":").utf8
                    bytes += item.body + Array("}}\n".utf8)
                }
            }
            return bytes
        }
    }

    private static let batchShape = Shape(required: ["requests"], fields: ["requests": .list])
    private static let batchItem = Shape(
        required: ["custom_id", "params"], fields: ["custom_id": .string, "params": .object])

    func createBatch(_ call: Call) throws(Failure) -> Answer {
        let body = try Self.object(call)
        let scope = scope(call)
        try Self.batchShape.check(body, "", scope.betas)
        var items: [Batch.Item] = []
        var names: Set<String> = []
        try body["requests"]?.forEachElement { (item) throws(Failure) in
            let path = "requests.\(items.count)"
            try Self.batchItem.check(item, path, scope.betas)
            let name = item["custom_id"]?.string ?? ""
            guard (1...64).contains(name.utf8.count) else {
                throw .at(path + ".custom_id", "String should match pattern '^[a-zA-Z0-9_-]{1,64}$'")
            }
            guard names.insert(name).inserted else { throw .at("requests", "custom_id must be unique: \(name)") }
            guard items.count < 100_000, let params = item["params"] else { throw .tooLarge }
            items.append(run(params, name, call, scope, number: items.count))
        }
        if items.isEmpty { throw .at("requests", "at least one request is required") }
        var ids = call.ids
        let batch = Batch(id: "msgbatch_01" + ids.random.base58(22), created: ids.created, items: items)
        batches.add(batch, id: batch.id)
        return answer(call) { batch.write(to: &$0, address: address(of: batch.id, call)) }
    }

    /// Answers one request of a batch. The answer is made at once.
    private func run(_ params: JSONView, _ name: String, _ call: Call, _ scope: Scope, number: Int) -> Batch.Item {
        var call = call
        var hash = StableHash(seed: call.ids.content &+ UInt64(number))
        hash.mix(name)
        call.ids = IdentifierSource(random: Seeded(hash.value), created: call.ids.created, content: hash.value)
        do throws(Failure) {
            if params["stream"]?.bool == true { throw .invalid("stream: batches do not stream") }
            let request = try Request(params, scope)
            let message = Message(request, call, prompts: prompts, cache: cache, tier: "batch")
            let served = message.usage.served(id: message.id, model: request.name, key: call.identity.key)
            let body = message.body(usage: message.usage.reported(call.usage))
            return Batch.Item(name: name, body: body, isGood: true, served: served)
        } catch {
            var ids = call.ids
            let id = "req_011" + ids.random.base58(21)
            return Batch.Item(name: name, body: error.bytes(id: id), isGood: false, served: nil)
        }
    }

    /// The address of the results, with the host and the prefix that the client used.
    private func address(of id: String, _ call: Call) -> String {
        let prefix = call.path.dropLast(call.route.utf8.count)
        return "http://\(call.headers["Host"] ?? "127.0.0.1")\(prefix)v1/messages/batches/\(id)/results"
    }

    func listBatches(_ call: Call) throws(Failure) -> Answer {
        let page = try Page(call)
        var ids = call.ids
        let body = page.write(batches.all, id: \.id) { $0.write(to: &$1, address: address(of: $0.id, call)) }
        return Answer(headers: Self.headers(ids: &ids), body: .whole(body))
    }

    func retrieveBatch(_ id: String, _ call: Call) throws(Failure) -> Answer {
        let found = batches.change(id) { batch in
            batch.looks += 1
            let ends = batch.state != .ended && (batch.looks > 1 || batch.state == .canceling)
            if ends { batch.state = .ended }
            return (batch, ends)
        }
        guard let (batch, ends) = found else { throw .notFound("Message batch", id) }
        var answer = answer(call) { batch.write(to: &$0, address: address(of: id, call)) }
        if ends, !batch.isCanceled { answer.served = Self.sum(batch, call) }
        return answer
    }

    /// Adds the batch's cost to the ledger once it has ended.
    private static func sum(_ batch: Batch, _ call: Call) -> Served? {
        let all = batch.items.compactMap(\.served)
        guard let first = all.first else { return nil }
        var sum = Served(
            id: batch.id, model: first.model, key: first.key, promptTokens: 0, completionTokens: 0, cachedTokens: 0)
        for served in all {
            sum.promptTokens += served.promptTokens
            sum.completionTokens += served.completionTokens
            sum.cachedTokens += served.cachedTokens
        }
        return sum
    }

    func cancelBatch(_ id: String, _ call: Call) throws(Failure) -> Answer {
        let found = batches.change(id) { batch in
            let wasRunning = batch.state == .running
            if wasRunning {
                batch.state = .canceling
                batch.isCanceled = true
            }
            return (batch, wasRunning)
        }
        guard let (batch, wasRunning) = found else { throw .notFound("Message batch", id) }
        guard wasRunning else { throw .invalid("Message batch \(id) cannot be canceled: it is not in progress.") }
        return answer(call) { batch.write(to: &$0, address: address(of: id, call)) }
    }

    func deleteBatch(_ id: String, _ call: Call) throws(Failure) -> Answer {
        guard let state = batches.change(id, { $0.state }) else { throw .notFound("Message batch", id) }
        guard state == .ended else {
            throw .invalid("Message batch \(id) cannot be deleted while it is in progress.")
        }
        _ = batches.remove(id)
        return answer(call) { marker in
            marker.member("id", id)
            marker.member("type", "message_batch_deleted")
        }
    }

    func batchResults(_ id: String, _ call: Call) throws(Failure) -> Answer {
        guard let batch = batches.change(id, { $0 }) else { throw .notFound("Message batch", id) }
        guard batch.state == .ended else {
            throw .invalid("Message batch \(id) has no available results: it is still in progress.")
        }
        var ids = call.ids
        var headers = Self.headers(ids: &ids)
        headers.set("content-type", "application/x-jsonl")
        return Answer(headers: headers, body: .whole(batch.lines))
    }
}
