import Chat
import HTTP
import Providers

/// One call of an upstream whose answer is read as a whole.
struct WholeCall {
    let services: Services
    var limits: TransportLimits
    var answerLimit = 1 << 20

    /// The code of a call that was cancelled.
    static let cancelled = UpstreamFailure.Code.text("cancelled")

    /// - Parameter onHead: called when the answer begins.
    /// - Throws: a failure, in words for a client, if there was no answer. An answer with an error status is an answer.
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
