/// The right to answer one request; consumed by the answer, so that a second one does not compile.
package struct ResponseWriter: ~Copyable {
    private let connection: Connection

    init(connection: Connection) { self.connection = connection }

    /// Sends a whole answer. Returns when the kernel has it all, or the client is gone.
    package consuming func send(_ response: HTTPResponse) async {
        await connection.sendWhole(response)
    }

    /// Sends the head of a streamed answer.
    /// - Parameters:
    ///   - contentLength: `nil` frames the body as chunks.
    ///   - probe: what may be sent between two writes without changing the body's meaning (of an event stream, a
    ///     comment), to find out whether a client that has closed its sending side still reads; empty if there is none.
    package consuming func startStream(
        status: Int, headers: HTTPHeaders, contentLength: Int? = nil, probe: [UInt8] = []
    ) async -> BodyWriter {
        connection.beginStream(status: status, headers: headers, contentLength: contentLength, probe: probe)
        return BodyWriter(connection: connection)
    }

    /// Closes without an answer: `reset` sends RST, otherwise FIN.
    package consuming func drop(reset: Bool) {
        connection.drop(reset: reset)
    }
}

/// The body of a streamed answer.
package struct BodyWriter: ~Copyable {
    private let connection: Connection

    init(connection: Connection) { self.connection = connection }

    /// Sends bytes now; suspends while the client is slow to take them.
    package func write(_ bytes: [UInt8]) async throws(ClientGone) {
        try await connection.writeStream(bytes)
    }

    /// Ends the body.
    package consuming func finish() async {
        await connection.finishStream()
    }

    /// Cuts the connection in mid-body, so that the client cannot take it for an end.
    package consuming func abort(reset: Bool) {
        connection.drop(reset: reset)
    }
}
