import HTTP
import JSON

extension OpenAI {
    func models(_ call: Call) throws(Failure) -> Answer {
        var ids = call.ids
        let headers = Self.headers(type: "application/json", ids: &ids)
        if call.route == "models" {
            guard call.method == "GET" else { throw .badMethod(call.method, call.route) }
            var document = Document(indent: 2, reserving: 8192)
            document.object { list in
                list.member("object", "list")
                list.array("data", { data in for model in Model.all { data.object(model.write) } })
            }
            return Answer(headers: headers, body: .whole(document.bytes + [0x0a]))
        }
        let name = call.identity.model ?? ""
        guard let model = Model.find(name) else { throw .noModel(name) }
        var document = Document(indent: 2)
        switch call.method {
        case "GET": document.object(model.write)
        case "DELETE":
            guard name.hasPrefix("ft:") else {
                throw Failure(
                    status: 403, message: "You have insufficient permissions for this operation.", layer: .front)
            }
            document.object { marker in
                marker.member("id", name)
                marker.member("object", "model")
                marker.key("deleted")
                marker.bool(true)
            }
        default: throw .badMethod(call.method, call.route)
        }
        return Answer(headers: headers, body: .whole(document.bytes + [0x0a]))
    }
}

extension Model {
    func write(to document: inout Document) {
        document.member("id", id)
        document.member("object", "model")
        document.member("created", created)
        document.member("owned_by", owner)
    }
}
