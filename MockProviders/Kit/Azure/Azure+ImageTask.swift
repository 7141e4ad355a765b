import HTTP
import JSON

extension Azure {
    /// The task of drawing a picture with DALL·E 2 (the previews of 2023). The client asks for its state until it is
    /// done.
    ///
    /// States: `notRunning` in the answer to the order, `running` at the first request for the state, `succeeded` or
    /// `failed` from the second on.
    struct ImageTask: Sendable {
        enum Step {
            case order
            case look(id: String)

            init?(_ path: Substring) {
                if path == "images/generations:submit" {
                    self = .order
                } else if path.hasPrefix("operations/images/") {
                    self = .look(id: String(path.dropFirst(18)))
                } else {
                    return nil
                }
            }
        }

        let created: Int
        /// OpenAI's answer with the picture; `nil` if the filter blocked the prompt.
        let result: Answer?
        private var looks = 0

        init(created: Int, result: Answer?) {
            self.created = created
            self.result = result
        }

        /// The body for the next request for the state. `served` is set once, when the picture is first there.
        mutating func look(id: String) -> (body: JSON, served: Served?) {
            looks += 1
            var root: JSONObject = ["created": .int(created), "expires": .int(created + 86_400), "id": .string(id)]
            if looks == 1 {
                root.append("status", "running")
                return (.object(root), nil)
            }
            guard let result, case .whole(let bytes) = result.body else {
                root.append(
                    "error",
                    ["code": "contentFilter", "message": "Your task failed as a result of our safety system."])
                root.append("status", "failed")
                return (.object(root), nil)
            }
            root.append("result", (try? JSON.parse(bytes)) ?? .null)
            root.append("status", "succeeded")
            return (.object(root), looks == 2 ? result.served : nil)
        }
    }

    func follow(_ step: ImageTask.Step, _ call: Call, _ api: API) throws(Refusal) -> Answer {
        switch (step, call.method) {
        case (.order, "POST"): return try order(call, api)
        case (.look(let id), "GET"):
            guard let (body, served) = tasks.change(id, { $0.look(id: id) }) else { throw .notFound }
            return taskAnswer(200, body, served, call, api)
        case (.look(let id), "DELETE"):
            guard tasks.remove(id) != nil else { throw .notFound }
            var ids = call.ids
            return Answer(status: 204, headers: Self.plain(ids: &ids), body: .whole([]))
        default: throw .notFound
        }
    }

    private func order(_ call: Call, _ api: API) throws(Refusal) -> Answer {
        guard let model = Model.find("dall-e-2") else { throw .notFound }
        try Self.checkMediaType(call, .generations)
        var call = call
        call.deployment = Deployment(name: model.id, model: model)
        var ids = call.ids
        let id = ids.random.uuid()
        do throws(Failure) {
            tasks.add(ImageTask(created: ids.created, result: try openAI.imageGenerations(call)), id: id)
        } catch {
            guard error.code == "moderation_blocked" else { throw Refusal(error, .generations) }
            tasks.add(ImageTask(created: ids.created, result: nil), id: id)
        }
        var answer = taskAnswer(202, ["id": .string(id), "status": "notRunning"], nil, call, api)
        let root = call.path.dropLast(call.route.utf8.count)
        let address = "http://\(call.headers["Host"] ?? "localhost")\(root)openai/operations/images/\(id)"
        answer.headers.add("operation-location", "\(address)?api-version=\(api.name)")
        return answer
    }

    private func taskAnswer(_ status: Int, _ body: JSON, _ served: Served?, _ call: Call, _ api: API) -> Answer {
        var answer = Answer(status: status, headers: [:], body: .whole(body.encoded()), served: served)
        answer.headers = Self.headers(for: answer, call, api)
        if let id = answer.headers["x-request-id"] { answer.served?.id = id }
        return answer
    }
}
