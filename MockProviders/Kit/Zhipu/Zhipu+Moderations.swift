import JSON

extension Zhipu.Platform {
    /// Moderation, which does not have OpenAI's shape (spec/wire/zhipu.md §6). A text with `mock-flag` is rejected; a
    /// text with `mock-doubt` is marked for a review.
    func moderate(_ call: Call) throws(Zhipu.Failure) -> Answer {
        let fields = try Zhipu.Fields(call)
        let model = try fields.model(for: .moderation, method: "moderations")
        let request = try fields.requestID()
        let items = try Self.items(fields)
        var ids = call.ids
        let id = Zhipu.identifier(&ids)
        let usage = Zhipu.Usage(prompt: items.reduce(0) { $0 + prompts.count($1.text, model: model.id) })
        let served = usage.served(id: id, model: model.id, call: call)
        return answer(id: request ?? id, served: served) { root in
            root.member("id", id)
            root.member("created", ids.created)
            root.member("request_id", request ?? id)
            root.array("result_list") { list in
                for item in items {
                    list.object { verdict in
                        let level = Self.level(item.text)
                        verdict.member("content_type", item.type)
                        verdict.member("risk_level", level)
                        verdict.array("risk_type") { if level != "PASS" { $0.string("mock") } }
                    }
                }
            }
            usage.reported(call.usage)?.write(to: &root, hasDetails: false)
        }
    }

    private static func level(_ text: String) -> String {
        if text.firstRange(of: "mock-flag") != nil { return "REJECT" }
        return text.firstRange(of: "mock-doubt") != nil ? "REVIEW" : "PASS"
    }

    /// The input is a text, several texts, or an object with a text or an address.
    private static func items(_ fields: Zhipu.Fields) throws(Zhipu.Failure) -> [(type: String, text: String)] {
        guard let input = fields.member("input") else { throw .missing("input") }
        if let text = input.string {
            if text.isEmpty { throw .missing("input") }
            return [("text", text)]
        }
        if input.isObject { return [try item(input)] }
        var items: [(type: String, text: String)] = []
        try input.forEachElement { (element) throws(Zhipu.Failure) in
            if let text = element.string {
                items.append(("text", text))
            } else {
                items.append(try item(element))
            }
        }
        if items.isEmpty { throw .invalid("input") }
        return items
    }

    private static func item(_ view: JSONView) throws(Zhipu.Failure) -> (type: String, text: String) {
        guard view.isObject, let type = view["type"]?.string else { throw .invalid("input") }
        if let text = view["text"]?.string { return (type, text) }
        guard let address = JSON(view)[type]?["url"]?.string else { throw .invalid("input") }
        return (type, address)
    }
}
