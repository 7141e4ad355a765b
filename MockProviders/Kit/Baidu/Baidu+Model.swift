import JSON

extension Baidu {
    /// A model of the platform: its row in the table (`Baidu+Table.swift`).
    struct Model: Sendable {
        enum Kind: Sendable { case chat, embedding, rerank, image }

        let id: String
        let kind: Kind
        /// Messages of the user and the assistant have to alternate strictly.
        var isERNIE: Bool { id.hasPrefix("ernie-") }
        /// The model thinks unless it is told not to.
        var thinks = false
        var sees = false
        var maxCharacters = 516_096
        var maxInput = 126_976

        /// Finds the model that a request names.
        init(_ fields: Fields, _ kind: Kind) throws(Failure) {
            guard let name = try fields.string("model"), !name.isEmpty else {
                throw .request("invalid_model", "model is empty")
            }
            if name.firstRange(of: "mock-") != nil {
                self.init(name, kind)
                thinks = name.firstRange(of: "mock-reasoning") != nil
                (sees, maxCharacters, maxInput) = (true, .max, .max)
                return
            }
            guard let model = Self.all.first(where: { $0.id == name && $0.kind == kind }) else {
                throw .platform(401, "invalid_request_error", "invalid_model", "No permission to use the model")
            }
            self = model
        }

        init(_ id: String, _ kind: Kind, thinks: Bool = false, sees: Bool = false) {
            self.id = id
            self.kind = kind
            self.thinks = thinks
            self.sees = sees
            if id.hasSuffix("-8k") || id.hasSuffix("-8k-latest") || id.hasSuffix("-8k-preview") {
                (maxCharacters, maxInput) = (20_000, 5_120)
            }
        }
    }
}

extension Baidu.Platform {
    func models(_ call: Call) -> Answer {
        var document = Document(reserving: 4096)
        document.object { root in
            root.member("object", "list")
            root.array("data") { list in
                for model in Baidu.Model.all {
                    list.object { item in
                        item.member("id", model.id)
                        item.member("object", "model")
                        item.member("created", 1_735_689_600)
                        item.member("owned_by", "qianfan")
                    }
                }
            }
        }
        return Answer(headers: Baidu.headers(call), body: .whole(document.bytes))
    }
}
