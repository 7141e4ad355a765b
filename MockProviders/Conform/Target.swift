import HTTP

/// What is judged: a gateway whose channels lead to the mock.
package struct Target: Sendable {
    /// Ends with `/v1` or what the target uses instead.
    package var baseURL: String
    package var key: String
    package var model: String
    /// The model for the reasoning cases; if `nil`, they use `model`.
    package var reasoningModel: String?
    /// The model for the search cases; if `nil`, they use `model`.
    package var searchModel: String?
    /// Models for the other endpoints; if `nil`, their cases are skipped.
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

/// Where to send requests in OpenAI's format, and the headers that each of them carries.
struct Endpoint: Sendable {
    /// The base address, without a slash at its end.
    var root: String
    /// The query with its question mark, or empty.
    var query = ""
    var headers: HTTPHeaders

    func url(_ path: String) -> String { root + path + query }
}
