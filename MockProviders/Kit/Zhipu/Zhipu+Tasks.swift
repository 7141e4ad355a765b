import JSON

extension Zhipu {
    /// A job whose result is fetched later. It is done when the client asks for it the second time.
    struct Work: Sendable {
        let id: String
        let requestID: String
        let model: String
        /// The answer to the second request for the result.
        let body: [UInt8]
        let served: Served?
        var looks = 0
    }
}

extension Zhipu.Platform {
    /// Refuses a request id while a task with the same id still runs.
    func checkRunning(_ request: String?) throws(Zhipu.Failure) {
        guard let request else { return }
        if tasks.all.contains(where: { $0.requestID == request && $0.looks < 2 }) { throw .repeated(request) }
    }

    func startChat(_ call: Call) throws(Zhipu.Failure) -> Answer {
        let request = try Zhipu.Request(call, prompts)
        if request.isStream { throw .invalid("stream") }
        try checkRunning(request.id)
        let say = Zhipu.Say(request, call, self)
        let isLost = Self.fails(request.talk.lastUserText)
        let served = say.usage.served(id: say.id, model: request.model.id, call: call)
        let body =
            isLost ? Self.state("FAIL", say.id, say.requestID, request.model.id) : say.whole(task: "SUCCESS")
        return start(
            Zhipu.Work(
                id: say.id, requestID: say.requestID, model: request.model.id, body: body,
                served: isLost ? nil : served))
    }

    func film(_ call: Call) throws(Zhipu.Failure) -> Answer {
        let fields = try Zhipu.Fields(call)
        let model = try fields.model(for: .video, method: "videos")
        let request = try fields.requestID()
        let prompt = try fields.string("prompt") ?? ""
        if prompt.isEmpty, fields.member("image_url") == nil { throw .missing("prompt") }
        if prompt.firstRange(of: "mock-blocked") != nil { throw .code(1301) }
        if let quality = try fields.string("quality"), !["quality", "speed"].contains(quality) {
            throw .invalid("quality")
        }
        try checkRunning(request)
        var ids = call.ids
        let id = Zhipu.identifier(&ids)
        let isLost = Self.fails(prompt)
        var document = Zhipu.Platform.document("SUCCESS", id, request ?? id, model.id)
        document.append(
            "video_result", [["url": Self.address(id, "mp4"), "cover_image_url": Self.address(id, "jpeg")]])
        let body = isLost ? Self.state("FAIL", id, request ?? id, model.id) : JSON.object(document).encoded()
        let served = Zhipu.Usage(prompt: 0).served(id: id, model: model.id, call: call)
        return start(
            Zhipu.Work(
                id: id, requestID: request ?? id, model: model.id, body: body, served: isLost ? nil : served))
    }

    private func start(_ task: Zhipu.Work) -> Answer {
        tasks.add(task, id: task.id)
        return running(task)
    }

    private func running(_ task: Zhipu.Work) -> Answer {
        Answer(
            headers: Zhipu.headers(id: task.requestID),
            body: .whole(Self.state("PROCESSING", task.id, task.requestID, task.model)))
    }

    /// `GET async-result/{id}`: the result of a chat or a video.
    func result(of id: String, _ call: Call) throws(Zhipu.Failure) -> Answer {
        let found = tasks.change(id) { task in
            task.looks += 1
            return task
        }
        guard let task = found else { throw .invalid("id") }
        if task.looks < 2 { return running(task) }
        // The cost of a task is added to the ledger once, when its result is first fetched.
        let served = task.looks == 2 ? task.served : nil
        return Answer(headers: Zhipu.headers(id: task.requestID), body: .whole(task.body), served: served)
    }

    /// Whether the prompt asks for a task that fails.
    private static func fails(_ prompt: String) -> Bool { prompt.firstRange(of: "mock-fail") != nil }

    private static func address(_ id: String, _ kind: String) -> JSON {
        .string("https://aigc-files.example.test/\(id).\(kind)")
    }

    private static func state(_ status: String, _ id: String, _ request: String, _ model: String) -> [UInt8] {
        JSON.object(document(status, id, request, model)).encoded()
    }

    private static func document(_ status: String, _ id: String, _ request: String, _ model: String) -> JSONObject {
        [
            "id": .string(id), "request_id": .string(request), "model": .string(model),
            "task_status": .string(status),
        ]
    }
}
