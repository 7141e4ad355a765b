import HTTP
import JSON

extension Zhipu {
    /// Version 3: `model-api/{model}/invoke`, `sse-invoke` and `async-invoke` (spec/wire/zhipu.md §5).
    ///
    /// Its errors have status 200.
    final class Legacy: Provider {
        private let prompts = PromptMemory()
        private let tasks = Shelf<Work>()

        func identity(of call: Call) -> Identity {
            Identity(model: Self.target(of: call).model, key: Credential(call.headers).id)
        }

        /// The last two steps of the path.
        private static func target(of call: Call) -> (model: String?, action: String) {
            let steps = call.route.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
            guard steps.count >= 3, steps[0] == "model-api", steps[1] != "-" else { return (nil, "") }
            return (percentDecoded(steps[1]), steps.dropFirst(2).joined(separator: "/"))
        }

        func answer(_ call: Call) -> Answer {
            do throws(Failure) {
                if let task = Self.task(call.route) {
                    guard call.method == "GET" else { throw .badMethod }
                    try Credential(call.headers).check()
                    return try result(of: task, call)
                }
                let (model, action) = Self.target(of: call)
                guard let model, ["invoke", "sse-invoke", "async-invoke"].contains(action) else { throw .unknownPath }
                guard call.method == "POST" else { throw .badMethod }
                try Credential(call.headers).check()
                return try invoke(model, action, call)
            } catch {
                return Self.answer(error, call)
            }
        }

        private static func task(_ route: String) -> String? {
            // The vendor's documentation names the first path. Its package for version 3 (zhipuai 1.0.7) uses the
            // second.
            let prefixes = ["model-api/-/request-task/", "model-api/-/async-invoke/"]
            guard let prefix = prefixes.first(where: { route.hasPrefix($0) }) else { return nil }
            return percentDecoded(route.dropFirst(prefix.utf8.count))
        }

        private static func answer(_ failure: Failure, _ call: Call) -> Answer {
            if failure.page != nil { return failure.answer(call) }
            var ids = call.ids
            let body: JSON = [
                "code": .int(failure.code), "msg": .string(failure.message(call)), "success": .bool(false),
            ]
            return Answer(headers: Zhipu.headers(id: Zhipu.identifier(&ids)), body: .whole(body.encoded()))
        }

        func failure(named name: String, call: Call) -> Answer? {
            Failure.named(name).map { Self.answer($0, call) }
        }

        var midStreamFailure: [UInt8] {
            Array(
                ("event:error\nid:7819\ndata:\(Failure.code(1234).chinese)\n"
                    + "meta:{\"task_status\":\"FAIL\",\"task_id\":\"7819\",\"request_id\":\"7819\"}\n\n").utf8)
        }

        func reset() { tasks.reset() }

        // MARK: Answers

        private func invoke(_ model: String, _ action: String, _ call: Call) throws(Failure) -> Answer {
            let request = try LegacyRequest(model, call, prompts)
            let say = LegacySay(request, call, prompts)
            let served = say.usage.served(id: say.taskID, model: model, call: call)
            switch action {
            case "sse-invoke":
                return Answer(
                    headers: Zhipu.headers(id: say.requestID, type: Zhipu.streamType),
                    body: .events(say.events(), end: []), served: served)
            case "async-invoke":
                let task = Work(
                    id: say.taskID, requestID: say.requestID, model: model, body: say.whole(), served: served)
                tasks.add(task, id: task.id)
                return Answer(headers: Zhipu.headers(id: say.requestID), body: .whole(say.running()))
            default:
                return Answer(headers: Zhipu.headers(id: say.requestID), body: .whole(say.whole()), served: served)
            }
        }

        private func result(of id: String, _ call: Call) throws(Failure) -> Answer {
            let found = tasks.change(id) { task in
                task.looks += 1
                return task
            }
            guard let task = found else { throw .invalid("task_id") }
            let isDone = task.looks > 1
            let body = isDone ? task.body : LegacySay.running(task.id, task.requestID)
            return Answer(
                headers: Zhipu.headers(id: task.requestID), body: .whole(body),
                served: task.looks == 2 ? task.served : nil)
        }
    }
}
