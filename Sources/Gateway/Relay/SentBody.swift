import Arithmetic
import Chat
import Database
import Formats
import HTTP
import JSON

/// A body as it was received. It may be compressed, and nothing of it has been parsed.
struct SentBody: Sendable {
    let bytes: [UInt8]
    let isPacked: Bool

    /// The event loop may read the body itself, because it is not larger than a slice.
    var isLight: Bool { !isPacked && bytes.count <= LoopSlice.bytes }

    /// Whether the headers promise a light body.
    static func isLight(_ headers: HTTPHeaders) -> Bool {
        guard !headers.contains("Content-Encoding"), let length = headers["Content-Length"] else { return false }
        return Int(length).map { $0 <= LoopSlice.bytes } ?? false
    }

    /// Decompresses and reads a body. Large bodies are handled on a worker.
    /// - Throws: for example if the decompressed body exceeds the sender's budget.
    func read<T: Sendable>(
        _ request: ServerRequest, for principal: Principal, _ services: Services,
        _ read: @escaping @Sendable ([UInt8], JSONParser) throws(GatewayError) -> T
    ) async throws(GatewayError) -> (body: [UInt8], T) {
        let limits = services.configuration
        let values = limits.requestLimits.values
        // The size of a compressed body is not known in advance.
        let size = isPacked ? Int.max : bytes.count
        let result = try await services.offLoop(bytes: size, of: principal.user.id) { parser throws(GatewayError) in
            let body: [UInt8]
            do throws(BodyError) {
                body = isPacked ? try Gzip.unpack(bytes, limit: limits.bodyLimit) : bytes
            } catch { throw GatewayError(error, limit: limits.bodyLimit) }
            if body.count > LoopSlice.bytes, body.withUnsafeBytes({ JSONValues.exceed(values, in: $0) }) {
                throw .request(
                    RequestError(.invalidValue, "The body has more than \(values) JSON values (MAX_JSON_VALUES)."))
            }
            return (body: body, try read(body, parser))
        }
        if isPacked {
            do throws(BodyError) { try request.charge(bodyBytes: bytes.count.plus(result.body.count)) } catch {
                throw GatewayError(error, limit: limits.bodyLimit)
            }
        }
        return result
    }
}
