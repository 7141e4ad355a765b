import HTTP
import JSON

/// Plays Alibaba's DashScope (spec/wire/ali.md): the native API and the OpenAI-compatible mode. Both see the same
/// files, tasks and batches.
final class Ali: Provider {
    /// The interface that a request uses.
    enum Dialect { case native, compatible }

    /// The state that both interfaces share.
    final class Store: Sendable {
        let prompts = PromptMemory()
        let tasks = Shelf<Task>()
        let files = Shelf<File>()
        let batches = Shelf<Batch>()

        func reset() {
            prompts.reset()
            tasks.reset()
            files.reset()
            batches.reset()
        }
    }

    let dialect: Dialect
    let store: Store
    var prompts: PromptMemory { store.prompts }

    init(_ dialect: Dialect, _ store: Store) {
        self.dialect = dialect
        self.store = store
    }

    func identity(of call: Call) -> Identity {
        var identity = Identity()
        if let field = call.headers["Authorization"], field.lowercased().hasPrefix("bearer ") {
            identity.key = String(field.dropFirst(7))
        }
        if case .json(let body) = call.content { identity.model = body["model"]?.string }
        return identity
    }

    func answer(_ call: Call) -> Answer {
        do throws(Failure) {
            // Pictures and uploads belong to the object store, whose addresses carry a signature.
            if dialect == .native, call.route.hasPrefix("oss/") { return try object(call) }
            try authenticate(call)
            return dialect == .native ? try native(call) : try compatible(call)
        } catch {
            return answer(error, call)
        }
    }

    func failure(named name: String, call: Call) -> Answer? {
        let unknown = Failure.parameter("MockProviders knows no error by the name '\(name)'.")
        return answer(Failure.catalogue(name, model: call.identity.model ?? "") ?? unknown, call)
    }

    var midStreamFailure: [UInt8] {
        let failure = Failure.catalogue("InternalError", model: "") ?? .parameter("")
        switch dialect {
        case .native: return Self.event(failure, number: 0, id: "00000000-0000-9000-8000-000000000000")
        case .compatible:
            return Array("data: ".utf8) + failure.compatible(id: "00000000-0000-9000-8000-000000000000") + [0x0a, 0x0a]
        }
    }

    func reset() { store.reset() }

    private func authenticate(_ call: Call) throws(Failure) {
        guard let key = call.identity.key, !key.isEmpty else { throw .noKey }
        guard key.hasPrefix("sk-"), key.firstRange(of: "mock-bad") == nil else { throw .badKey }
        let workspace = call.headers["X-DashScope-WorkSpace"] ?? ""
        if workspace.firstRange(of: "mock-missing") != nil { throw .noWorkspace }
        if workspace.firstRange(of: "mock-bad") != nil { throw .deniedWorkspace }
    }

    private func compatible(_ call: Call) throws(Failure) -> Answer {
        let parts = call.route.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        switch (call.method, parts.first, parts.count) {
        case ("POST", "chat", 2) where parts[1] == "completions": return try chat(call)
        case ("POST", "completions", 1): return try completion(call)
        case ("POST", "embeddings", 1): return try compatibleEmbeddings(call)
        case ("GET", "models", _): return try models(call, parts.count > 1 ? call.route.dropFirst(7) : nil)
        case (_, "files", _): return try compatibleFiles(call, Array(parts.dropFirst()))
        case (_, "batches", _): return try batches(call, Array(parts.dropFirst()))
        default: throw .noPage
        }
    }

    private func native(_ call: Call) throws(Failure) -> Answer {
        guard call.route.hasPrefix("api/v1/") else { throw .noPage }
        let path = call.route.dropFirst(7)
        if path.hasPrefix("services/") {
            guard call.method == "POST" else { throw .noPage }
            return try service(call, path.dropFirst(9))
        }
        let parts = path.split(separator: "/").map(String.init)
        switch (call.method, parts.first, parts.count) {
        case ("POST", "tokenizer", 1): return try tokenizer(call)
        case ("GET", "tasks", 1): return listTasks(call)
        case ("GET", "tasks", 2): return task(call, parts[1])
        case ("POST", "tasks", 3) where parts[2] == "cancel": return try cancelTask(call, parts[1])
        case ("POST", "apps", 3) where parts[2] == "completion": return try application(call, parts[1])
        case (_, "files", 1...2): return try files(call, parts.count > 1 ? parts[1] : nil)
        case ("GET", "uploads", 1): return try uploadPolicy(call)
        default: throw .noPage
        }
    }

    private func service(_ call: Call, _ name: Substring) throws(Failure) -> Answer {
        switch name {
        case "aigc/text-generation/generation": return try generation(call, .text)
        case "aigc/multimodal-generation/generation": return try multimodalGeneration(call)
        case "aigc/text2image/image-synthesis", "aigc/image2image/image-synthesis",
            "aigc/image-generation/generation", "aigc/background-generation/generation",
            "aigc/background-generation/generation/":
            return try startTask(call, .picture)
        case "aigc/video-generation/video-synthesis": return try startTask(call, .video)
        case "embeddings/text-embedding/text-embedding": return try textEmbeddings(call)
        case "embeddings/multimodal-embedding/multimodal-embedding": return try multimodalEmbeddings(call)
        case "rerank/text-rerank/text-rerank": return try rerank(call)
        default: throw .noPage
        }
    }
}

extension Call {
    /// A header asks the native interface for a stream: its own, or `Accept` alone.
    var asksForEvents: Bool {
        if headers["X-DashScope-SSE"]?.lowercased() == "enable" { return true }
        return headers["Accept"]?.lowercased().firstRange(of: "text/event-stream") != nil
    }

    /// The request allows `oss://` addresses.
    var readsObjects: Bool { headers["X-DashScope-OssResourceResolve"]?.lowercased() == "enable" }

    var asksForTask: Bool { headers["X-DashScope-Async"]?.lowercased() == "enable" }
}
