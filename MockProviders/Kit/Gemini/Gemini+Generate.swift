import HTTP
import JSON

extension Gemini {
    func generate(_ verb: String, _ name: String, _ call: Call, _ place: Place) throws(Failure) -> Answer {
        let model = try model(name, .chat, verb, place)
        var request = try Request(
            Google.body(call, as: Fields.generate, version: place.version), call, model, place, self)
        request.recall(prompts)
        let output = Output(request, call, prompts, isStream: verb == "streamGenerateContent")
        let usage = output.usage
        let served = Served(
            id: output.id, model: name, key: call.identity.key ?? "", promptTokens: usage.prompt + usage.toolUse,
            completionTokens: usage.candidates + usage.thoughts, cachedTokens: usage.cached,
            reasoningTokens: usage.thoughts)
        var answer: Answer
        if verb != "streamGenerateContent" {
            answer = Google.answer(output.whole() + [0x0a], Google.headers(call))
        } else {
            answer = Self.isList(call) ? list(output, call) : stream(output, call)
        }
        if request.tier != "standard" { answer.headers.add("x-gemini-service-tier", request.tier) }
        answer.served = served
        return answer
    }

    private func stream(_ output: Output, _ call: Call) -> Answer {
        let events = output.chunks(indent: 0).map { Array("data: ".utf8) + $0 + Array("\r\n\r\n".utf8) }
        return Answer(
            headers: Google.headers(call, type: "text/event-stream"), body: .events(events, end: []))
    }

    /// A stream as one JSON array. Each chunk is an element, and so is the error that ends it.
    private func list(_ output: Output, _ call: Call) -> Answer {
        let elements = output.chunks(indent: 2).enumerated().map { index, chunk in
            Array((index == 0 ? "[" : ",\r\n").utf8) + chunk + [0x0a]
        }
        // Nothing may follow the array: the older package reads a line end behind it as another stream.
        let end = Array("]".utf8)
        return Answer(
            headers: Google.headers(call),
            body: .list(elements, end: end, failure: Failure.overloaded.document.encodedPretty()))
    }

    func countTokens(_ name: String, _ call: Call, _ place: Place) throws(Failure) -> Answer {
        guard let model = Model(name), model.kind != .image else {
            throw .noModel(name, place.version, "countTokens")
        }
        let body = try Google.body(
            call, as: place.isVertex ? Fields.countOnVertex : Fields.count, version: place.version)
        if body["contents"] != nil, body["generateContentRequest"] != nil {
            throw .invalid("Only one of contents and generate_content_request may be set.")
        }
        let whole = body["generateContentRequest"]
        if let whole, whole["model"]?.string != "models/\(name)" {
            throw .rules("CountTokensRequest", ["generate_content_request.model: model must be the one of the request"])
        }
        let request = try Request(whole ?? body, call, model, place, self)
        var answer: JSONObject = ["totalTokens": .int(request.promptTokens)]
        if place.isVertex { answer.append("totalBillableCharacters", .int(Talk.text(body).count)) }
        if request.cachedTokens > 0 { answer.append("cachedContentTokenCount", .int(request.cachedTokens)) }
        let media = request.talk.media.sorted { $0.key < $1.key }
        let text = request.promptTokens - media.reduce(0) { $0 + $1.value }
        let details = [("TEXT", text)] + media.map { ($0.key, $0.value) }
        answer.append(
            "promptTokensDetails", .array(details.map { ["modality": .string($0.0), "tokenCount": .int($0.1)] }))
        return Google.answer(.object(answer), call)
    }
}
