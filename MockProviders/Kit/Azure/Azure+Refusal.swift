import HTTP
import JSON

extension Azure {
    /// An error answer. Three layers of the service write three envelopes (spec/wire/azure.md §6).
    struct Refusal: Error {
        var status: Int
        var body: [UInt8]
        var type = "application/json"
        var headers: [(String, String)] = []
        /// The answer has a request id, as those of the model layer have.
        var isOfModel = false

        /// The gateway's envelope (A): a message and a code, which may be the status as digits.
        init(_ status: Int, code: String, _ message: String, headers: [(String, String)] = []) {
            self.status = status
            self.headers = headers
            body = JSON.object(["error": ["code": .string(code), "message": .string(message)]]).encoded()
        }

        /// OpenAI's envelope (B).
        init(_ failure: Failure) {
            var failure = failure
            failure.layer = .model
            status = failure.status
            body = failure.bytes
            headers = failure.headers
            isOfModel = true
        }

        /// A refusal with a body of its own.
        init(_ status: Int, body: [UInt8], type: String = "application/json", headers: [(String, String)] = []) {
            self.status = status
            self.body = body
            self.type = type
            self.headers = headers
        }

        /// The refusal that OpenAI's rules found, in Azure's words where Azure has its own.
        init(_ failure: Failure, _ operation: Operation) {
            if failure.code == "moderation_blocked" {
                self = .imagePolicy
            } else if operation == .embeddings, failure.param == "input" {
                self = .badRequest(
                    "'$.input' is invalid. Please check the API reference: "
                        + "https://platform.openai.com/docs/api-reference.")
            } else {
                self.init(failure)
            }
        }
    }

    func answer(_ refusal: Refusal, _ call: Call) -> Answer {
        var ids = call.ids
        var headers = Self.plain(type: refusal.type, ids: &ids)
        if refusal.isOfModel { headers.add("x-request-id", ids.random.uuid()) }
        for (name, value) in refusal.headers { headers.set(name, value) }
        return Answer(status: refusal.status, headers: headers, body: .whole(refusal.body))
    }

    func failure(named name: String, call: Call) -> Answer? {
        if let refusal = Refusal.catalogue(name, call) { return answer(refusal, call) }
        let unknown = Failure(status: 400, message: "MockProviders knows no error by the name '\(name)'.")
        return answer(Refusal(unknown), call)
    }
}
