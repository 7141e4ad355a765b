import Chat
import Formats
import HTTP
import JSON
import Providers

extension OneShotRelay {
    /// A request's body, read once.
    struct Asked: Sendable {
        let body: [UInt8]
        let question: Question
        let model: String

        init(
            _ sent: [UInt8], _ path: String, _ endpoint: OpenAIEndpoint, _ limits: RequestLimits
        ) throws(GatewayError) {
            do throws(RequestError) {
                let root = try OpenAIOneShotRequests.object(sent)
                (question, model) = try Self.read(Self.named(root, path), endpoint, limits)
                body = Self.completed(root, question, model) ?? sent
            } catch { throw .request(error) }
        }

        /// Takes the model from the path if it is OpenAI's first address of this endpoint, which contains the model.
        private static func named(_ root: JSON, _ path: String) -> JSON {
            guard path.hasPrefix("/v1/engines/"), var object = root.object, object["model"] == nil else { return root }
            let name = percentDecoded(path.dropFirst("/v1/engines/".count).dropLast("/embeddings".count))
            object.append("model", .string(name))
            return .object(object)
        }

        /// The body with the model and the number of images that the charge uses; `nil` if the body has both already.
        private static func completed(_ root: JSON, _ question: Question, _ model: String) -> [UInt8]? {
            guard var object = root.object else { return nil }
            var isChanged = false
            if object["model"]?.string != model { (object["model"], isChanged) = (.string(model), true) }
            if question.images != nil, object["n"]?.int == 0 { (object["n"], isChanged) = (.int(1), true) }
            return isChanged ? JSON.object(object).encoded() : nil
        }

        private static func read(
            _ root: JSON, _ endpoint: OpenAIEndpoint, _ limits: RequestLimits
        ) throws(RequestError) -> (Question, String) {
            switch endpoint {
            case .embeddings:
                let (request, isBase64) = try OpenAIOneShotRequests.embeddings(root, limits: limits)
                return (.embeddings(request, isBase64: isBase64), request.model)
            case .imageGenerations:
                let request = try OpenAIOneShotRequests.image(root)
                return (.images(request), request.model)
            default:
                let request = try OpenAIOneShotRequests.moderation(root, default: "text-moderation-latest")
                return (.moderation(request), request.model)
            }
        }
    }
}
