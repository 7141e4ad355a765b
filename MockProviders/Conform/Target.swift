import HTTP

/// What is judged: a gateway whose channels lead to the mock.
package struct Target: Sendable {
    /// With `/v1` or what stands for it.
    package var baseURL: String
    package var key: String
    package var model: String
    /// The model for the cases of reasoning; `nil` leaves them to `model`.
    package var reasoningModel: String?
    /// The model for the cases of a search; `nil` leaves them to `model`.
    package var searchModel: String?
    /// Models for the other endpoints; `nil` leaves their cases out.
    package var embeddingModel: String?
    package var imageModel: String?

    package init(
        baseURL: String, key: String, model: String, reasoningModel: String? = nil, searchModel: String? = nil,
        embeddingModel: String? = nil, imageModel: String? = nil
    ) {
        self.baseURL = baseURL
        self.key = key
        self.model = model
        self.reasoningModel = reasoningModel
        self.searchModel = searchModel
        self.embeddingModel = embeddingModel
        self.imageModel = imageModel
    }

    var endpoint: Endpoint {
        var root = baseURL[...]
        while root.last == "/" { root.removeLast() }
        return Endpoint(root: String(root), headers: ["Authorization": "Bearer " + key])
    }
}

/// Where requests in OpenAI's format go, and what each of them carries.
struct Endpoint: Sendable {
    /// Without a slash at its end.
    var root: String
    /// With its question mark, or empty.
    var query = ""
    var headers: HTTPHeaders

    func url(_ path: String) -> String { root + path + query }
}
