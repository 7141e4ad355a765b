import Chat
import HTTP
import Providers

/// One call of an upstream whose answer is wanted in one piece.
struct WholeCall {
    let services: Services
    var limits: TransportLimits
    var answerLimit = 1 << 20

    /// The code of a call that was given up.
    static let cancelled = UpstreamFailure.Code.text("cancelled")

    /// - Parameter onHead: told when the answer begins to come.
    /// - Throws: that there was no answer, in words for a client. An answer with an error status is an answer.
    func send(
        _ encoded: EncodedRequest, _ call: UpstreamCall, onHead: (UpstreamResponse) -> Void = { _ in }
    ) async throws(UpstreamFailure) -> (response: UpstreamResponse, body: [UInt8]) {
        let request = UpstreamRequest(
            method: encoded.method, url: encoded.url, headers: encoded.headers, body: encoded.body, limits: limits,
            proxy: services.configuration.relayProxy)
        do throws(TransportError) {
            let response = try await services.transport.send(request, call: call)
            onHead(response)
            return (response, try await response.collect(limit: answerLimit))
        } catch { throw Caller.failure(error) }
    }
}
