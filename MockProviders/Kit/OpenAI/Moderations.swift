import JSON

extension OpenAI {
    private static let moderationFields: [String: Rule.Field] = [
        "input": .init(rule: .stringOr("an array"), isNullable: false), "model": .init(rule: .string(max: 512)),
    ]
    private static let categories = [
        "harassment", "harassment/threatening", "sexual", "hate", "hate/threatening", "illicit", "illicit/violent",
        "self-harm/intent", "self-harm/instructions", "self-harm", "sexual/minors", "violence", "violence/graphic",
    ]
    private static let words: [(String, String)] = [
        ("kill", "violence"), ("attack", "violence"), ("hate", "hate"), ("bully", "harassment"),
        ("steal", "illicit"), ("mock-flag", "harassment"),
    ]

    /// Serves `moderations` (spec/wire/openai.md §9). A text with a word such as "kill" or `mock-flag` is flagged.
    func moderations(_ call: Call) throws(Failure) -> Answer {
        let body = try call.object()
        try Self.moderationFields.check(body)
        let name = body["model"]?.string ?? "omni-moderation-latest"
        let model = try call.model(named: name, for: .moderation).model
        guard let input = body["input"] else { throw .missing("input") }
        let inputs = try Self.inputs(input)
        let isOmni = !name.hasPrefix("text-moderation")
        let results = inputs.map { Self.result($0.text, hasImage: $0.hasImage, isOmni: isOmni) }
        var ids = call.ids
        let answer: JSON = [
            "id": .string("modr-" + ids.random.hex(32)), "model": .string(model.snapshot), "results": .array(results),
        ]
        let headers = Self.headers(type: "application/json", ids: &ids)
        return Answer(headers: headers, body: .whole(answer.encodedPretty() + [0x0a]))
    }

    private static func inputs(_ view: JSONView) throws(Failure) -> [(text: String, hasImage: Bool)] {
        if let text = view.string { return [(text, false)] }
        if view.arrayCount == 0 { throw .invalid("Invalid 'input': empty array.", param: "input", code: "empty_array") }
        var texts: [(text: String, hasImage: Bool)] = []
        var parts = ""
        var hasImage = false
        var isParts = false
        try view.forEachElement { (item) throws(Failure) in
            if let text = item.string { return texts.append((text, false)) }
            isParts = true
            switch item["type"]?.string {
            case "text": parts += item["text"]?.string ?? ""
            case "image_url": hasImage = true
            default: throw .badInput("input")
            }
        }
        return isParts ? [(parts, hasImage)] : texts
    }

    private static func result(_ text: String, hasImage: Bool, isOmni: Bool) -> JSON {
        let lower = text.lowercased()
        let hits = Set(words.filter { lower.firstRange(of: $0.0) != nil }.map(\.1))
        var flags = JSONObject()
        var scores = JSONObject()
        var types = JSONObject()
        for category in categories where isOmni || !category.hasPrefix("illicit") {
            flags.append(category, .bool(hits.contains(category)))
            scores.append(category, .number(JSONNumber(text: hits.contains(category) ? "0.9321" : "0.0000156")))
            types.append(category, hasImage ? ["text", "image"] : ["text"])
        }
        var result: JSONObject = [
            "flagged": .bool(!hits.isEmpty), "categories": .object(flags), "category_scores": .object(scores),
        ]
        if isOmni { result.append("category_applied_input_types", .object(types)) }
        return .object(result)
    }
}
