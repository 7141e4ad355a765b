/// A transport that answers from a closure, for tests without sockets.
package struct InMemoryTransport: Transport {
    /// The closure's answer.
    package struct Answer: Sendable {
        package var status: Int
        package var headers: HTTPHeaders
        /// The pieces of the body. Each `next` returns one.
        package var pieces: [[UInt8]]
        /// An error after the pieces, instead of a clean end.
        package var failure: TransportError?

        package init(
            status: Int = 200, headers: HTTPHeaders = HTTPHeaders(), pieces: [[UInt8]], failure: TransportError? = nil
        ) {
            self.status = status
            self.headers = headers
            self.pieces = pieces
            self.failure = failure
        }
    }

    private let answer: @Sendable (UpstreamRequest) throws(TransportError) -> Answer

    package init(_ answer: @escaping @Sendable (UpstreamRequest) throws(TransportError) -> Answer) {
        self.answer = answer
    }

    package func send(
        _ request: UpstreamRequest, call: UpstreamCall
    ) async throws(TransportError) -> UpstreamResponse {
        if call.isCancelled { throw .cancelled }
        if let name = request.headers.unwritable { throw .badHeader(name) }
        let answer = try answer(request)
        call.wasSent = true
        return UpstreamResponse(
            status: answer.status, headers: answer.headers,
            body: Pieces(remaining: answer.pieces, failure: answer.failure))
    }

    private final class Pieces: UpstreamBody {
        private var remaining: [[UInt8]]
        private var failure: TransportError?

        init(remaining: [[UInt8]], failure: TransportError?) {
            self.remaining = remaining.reversed()
            self.failure = failure
        }

        func next() async throws(TransportError) -> [UInt8]? {
            if let piece = remaining.popLast() { return piece }
            if let failure { throw failure }
            return nil
        }

        func cancel() {
            remaining = []
            failure = .cancelled
        }
    }
}
