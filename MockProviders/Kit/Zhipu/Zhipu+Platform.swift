import HTTP
import JSON

extension Zhipu {
    /// Version 4, for ordinary use and for coding plans. Both are the same on the wire.
    final class Platform: Provider {
        let prompts = PromptMemory()
        let cache = Cache()
        let tasks = Shelf<Work>()
        let files = Shelf<StoredFile>()
        let batches = Shelf<Batch>()

        func identity(of call: Call) -> Identity {
            var identity = Identity(model: nil, key: Credential(call.headers).id)
            switch call.content {
            case .json(let body): identity.model = body["model"]?.string
            case .form(let form): identity.model = form["model"]?.text
            default: break
            }
            return identity
        }

        func answer(_ call: Call) -> Answer {
            do throws(Failure) {
                let endpoint = try endpoint(for: call)
                try Credential(call.headers).check()
                return try endpoint(call)
            } catch {
                return error.answer(call)
            }
        }

        func failure(named name: String, call: Call) -> Answer? { Failure.named(name)?.answer(call) }

        /// The error event of a stream (spec/wire/zhipu.md §4).
        var midStreamFailure: [UInt8] {
            let failure = Failure.code(1234)
            let error: JSON = ["error": ["code": .string("\(failure.code)"), "message": .string(failure.english)]]
            return Array("data: ".utf8) + error.encoded() + [0x0a, 0x0a]
        }

        func reset() {
            cache.reset()
            tasks.reset()
            files.reset()
            batches.reset()
        }

        private typealias Endpoint = (Call) throws(Failure) -> Answer

        private func endpoint(for call: Call) throws(Failure) -> Endpoint {
            let bases = ["api/paas/v4/", "api/coding/paas/v4/"]
            guard let base = bases.first(where: { call.route.hasPrefix($0) }) else { throw .unknownPath }
            let path = String(call.route.dropFirst(base.utf8.count))
            let choices = endpoints(at: path)
            if choices.isEmpty { throw .unknownPath }
            guard let endpoint = choices[call.method] else { throw .badMethod }
            return endpoint
        }

        /// The endpoints at a path, by method.
        private func endpoints(at path: String) -> [String: Endpoint] {
            switch path {
            case "chat/completions": ["POST": chat]
            case "async/chat/completions": ["POST": startChat]
            case "embeddings": ["POST": embeddings]
            case "images/generations": ["POST": paint]
            case "videos/generations": ["POST": film]
            case "moderations": ["POST": moderate]
            case "audio/speech": ["POST": speak]
            case "audio/transcriptions": ["POST": transcribe]
            case "web_search": ["POST": search]
            case "tools": ["POST": useTool]
            case "files": ["POST": uploadFile, "GET": listFiles]
            case "batches": ["POST": createBatch, "GET": listBatches]
            default: named(path)
            }
        }

        /// The endpoints whose paths contain an id.
        private func named(_ path: String) -> [String: Endpoint] {
            let steps = path.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
            guard steps.count > 1, let first = steps.first else { return [:] }
            let id = percentDecoded(steps[1])
            switch (first, steps.count, steps.last) {
            case ("async-result", 2, _):
                return ["GET": { (call) throws(Failure) in try self.result(of: id, call) }]
            case ("files", 2, _):
                return ["DELETE": { (call) throws(Failure) in try self.deleteFile(id, call) }]
            case ("files", 3, "content"):
                return ["GET": { (call) throws(Failure) in try self.downloadFile(id, call) }]
            case ("batches", 2, _):
                return ["GET": { (call) throws(Failure) in try self.retrieveBatch(id, call) }]
            case ("batches", 3, "cancel"):
                return ["POST": { (call) throws(Failure) in try self.cancelBatch(id, call) }]
            default: return [:]
            }
        }

        /// An answer with a body of its own, and the headers that belong to it.
        func answer(id: String, served: Served? = nil, _ body: (inout Document) -> Void) -> Answer {
            var document = Document()
            document.object(body)
            return Answer(headers: Zhipu.headers(id: id), body: .whole(document.bytes), served: served)
        }

        func chat(_ call: Call) throws(Failure) -> Answer {
            let request = try Request(call, prompts)
            try checkRunning(request.id)
            let say = Say(request, call, self)
            let served = say.usage.served(id: say.id, model: request.model.id, call: call)
            if request.isStream {
                return Answer(
                    headers: Zhipu.headers(id: say.requestID, type: Zhipu.streamType),
                    body: .events(say.events(), end: Array("data: [DONE]\n\n".utf8)), served: served)
            }
            return Answer(headers: Zhipu.headers(id: say.requestID), body: .whole(say.whole()), served: served)
        }
    }
}
