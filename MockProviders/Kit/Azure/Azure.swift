import HTTP
import JSON

/// Plays an Azure OpenAI resource (spec/wire/azure.md): OpenAI's endpoints with Azure's addresses, authentication,
/// filters and errors. The mock's OpenAI makes the answers; this folder has only what differs.
final class Azure: Provider {
    let openAI = OpenAI()
    let tasks = Shelf<ImageTask>()

    func identity(of call: Call) -> Identity {
        var identity = Identity(key: Credentials(call).key)
        let address = Address(call)
        switch call.content {
        case _ where address?.deployment != nil: identity.model = address?.deployment
        case .json(let body): identity.model = body["model"]?.string
        case .form(let form): identity.model = form["model"]?.text
        default: identity.model = address?.listedModel
        }
        return identity
    }

    func answer(_ call: Call) -> Answer {
        do throws(Refusal) {
            let address = Address(call)
            try Credentials(call).check(isV1: Address.isV1(call), address?.operation)
            guard let address else { throw .notFound }
            if let step = address.task { return try follow(step, call, address.api) }
            guard let operation = address.operation else { return try models(call, address) }
            guard call.method == "POST" else { throw .notFound }
            return try serve(operation, call, address)
        } catch {
            return answer(error, call)
        }
    }

    var midStreamFailure: [UInt8] { openAI.midStreamFailure }

    func reset() {
        openAI.reset()
        tasks.reset()
    }

    private func serve(_ operation: Operation, _ call: Call, _ address: Address) throws(Refusal) -> Answer {
        var call = call
        call.deployment = try deployment(for: operation, call, address)
        var filter = Filter()
        if let deployment = call.deployment {
            try Self.check(deployment, operation, address.api)
            filter = Filter(deployment: deployment.name)
        }
        if case .json(let body) = call.content, body.isObject, operation.isText {
            try Self.checkFields(body, operation, address.api)
            filter.read(body)
            if let guilty = filter.blocked { throw .contentFilter(guilty) }
        }
        guard let endpoint = OpenAI.endpoint(operation.rawValue) else { throw .notFound }
        let answer: Answer
        do throws(Failure) { answer = try endpoint(openAI)(call) } catch { throw Refusal(error, operation) }
        return dressed(answer, operation, call, address.api, filter)
    }

    /// Turns OpenAI's answer into Azure's.
    private func dressed(
        _ answer: Answer, _ operation: Operation, _ call: Call, _ api: API, _ filter: Filter
    ) -> Answer {
        var answer = answer
        if operation == .chat {
            let layout = ChatLayout(api: api, filter: filter, seed: call.ids.content)
            switch answer.body {
            case .whole(let bytes): answer.body = .whole(layout.whole(bytes))
            case .events(let events, let end): answer.body = .events(layout.stream(events), end: end)
            case .pieces, .list: break
            }
        }
        let headers = Self.headers(for: answer, call, api)
        // OpenAI's other endpoints have no id in the body, so that the ledger uses the request's id.
        if let id = answer.headers["x-request-id"], answer.served?.id == id {
            answer.served?.id = headers["x-request-id"] ?? id
        }
        answer.headers = headers
        return answer
    }
}
