import JSON

extension Baidu {
    /// A model of the platform.
    struct Model: Sendable {
        enum Kind: Sendable { case chat, embedding, rerank, image }

        let id: String
        let kind: Kind
        /// Keeps the order of user and assistant strictly.
        var isERNIE: Bool { id.hasPrefix("ernie-") }
        /// Thinks unless told not to.
        var thinks = false
        var sees = false
        var maxCharacters = 516_096
        var maxInput = 126_976

        /// The model that a request names.
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

        private init(_ id: String, _ kind: Kind, thinks: Bool = false, sees: Bool = false) {
            self.id = id
            self.kind = kind
            self.thinks = thinks
            self.sees = sees
            if id.hasSuffix("-8k") || id.hasSuffix("-8k-latest") || id.hasSuffix("-8k-preview") {
                (maxCharacters, maxInput) = (20_000, 5_120)
            }
        }

        /// The workshop's chat models go by their names in lower case.
        static let all: [Model] =
            Endpoint.chats.filter { $0.model.hasPrefix("ERNIE-") }.map { Model($0.model.lowercased(), .chat) } + [
                Model("ernie-4.5-turbo-128k", .chat), Model("ernie-4.5-turbo-vl-32k", .chat, sees: true),
                Model("ernie-x1-turbo-32k", .chat, thinks: true), Model("deepseek-v3", .chat),
                Model("deepseek-r1", .chat, thinks: true), Model("embedding-v1", .embedding),
                Model("bge-large-zh", .embedding), Model("bge-large-en", .embedding), Model("tao-8k", .embedding),
                Model("bce-reranker-base", .rerank), Model("stable-diffusion-xl", .image),
                Model("irag-1.0", .image),
            ]
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
