import HTTP
import JSON

extension Azure {
    /// Lists the models that the resource could deploy. The list does not depend on its deployments.
    func models(_ call: Call, _ address: Address) throws(Refusal) -> Answer {
        guard call.method == "GET" else { throw .notFound }
        var document = Document()
        if let name = address.listedModel {
            let found = Self.models.first { $0.snapshot == name } ?? Self.deployment(named: name)?.model
            guard let model = found else { throw .notFound }
            document.object { Self.write(model, address.api, to: &$0) }
        } else {
            document.object { root in
                root.array("data") { list in
                    for model in Self.models { list.object { Self.write(model, address.api, to: &$0) } }
                }
                root.member("object", "list")
            }
        }
        var ids = call.ids
        return Answer(headers: Self.plain(ids: &ids), body: .whole(document.bytes + [0x0a]))
    }

    private static func write(_ model: Model, _ api: API, to document: inout Document) {
        if api == .v1 {
            document.member("id", model.snapshot)
            document.member("object", "model")
            document.member("created", model.created)
            document.member("owned_by", model.owner)
            return
        }
        document.object("capabilities") { capabilities in
            let abilities: [(String, Bool)] = [
                ("fine_tune", false), ("inference", true), ("completion", model.isChat || model.kind == .completion),
                ("chat_completion", model.isChat), ("embeddings", model.kind == .embedding),
            ]
            for (name, isAble) in abilities {
                capabilities.key(name)
                capabilities.bool(isAble)
            }
        }
        document.member("lifecycle_status", "generally-available")
        document.object("deprecation") { $0.member("inference", 1_830_000_000) }
        document.member("status", "succeeded")
        document.member("created_at", model.created)
        document.member("object", "model")
        document.member("id", model.snapshot)
    }
}
