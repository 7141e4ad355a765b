/// The right to answer one request. The answer consumes it, so a second answer does not compile.
package struct ResponseWriter: ~Copyable {
    private let connection: Connection

    init(connection: Connection) { self.connection = connection }

    /// Sends a whole answer. Returns when the kernel has all of it or the client is gone.
    package consuming func send(_ response: HTTPResponse) async {
        await connection.sendWhole(response)
    }

    /// Sends the head of a streamed answer.
    /// - Parameters:
    ///   - contentLength: `nil` sends the body in chunks.
    ///   - probe: bytes that may be sent between two writes without changing the body's meaning, such as a comment in
    ///     an event stream. They show whether a client that has closed its sending side still reads. Empty if there are
    ///     none.
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

    /// Sends bytes now. Suspends while the client takes them too slowly.
    package func write(_ bytes: [UInt8]) async throws(ClientGone) {
        try await connection.writeStream(bytes)
    }

    /// Ends the body.
    package consuming func finish() async {
        await connection.finishStream()
    }

    /// Cuts the connection inside the body, so that the client cannot mistake it for the end.
    package consuming func abort(reset: Bool) {
        connection.drop(reset: reset)
    }
}
