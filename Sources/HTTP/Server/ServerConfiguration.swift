/// Limits of the listening side.
package struct ServerConfiguration: Sendable {
    /// Numeric IPv4 or IPv6 address; `::` takes both.
    package var host = "0.0.0.0"
    /// 0 takes any free port.
    package var port = 0
    package var maxHeadBytes = 32 << 10
    package var maxHeaderFields = 100
    /// Connections of one loop; further ones wait in the kernel's queue.
    package var maxConnections = 50_000
    /// From a request's first byte to the end of its head.
    package var headTimeout: Duration = .seconds(20)
    /// Between requests of one connection.
    package var keepAliveTimeout: Duration = .seconds(75)
    /// Between two pieces of a request's body.
    package var bodyTimeout: Duration = .seconds(60)
    /// For a whole body, beside what `bodyLeastRate` allows for its size.
    package var bodyBaseTime: Duration = .seconds(60)
    /// Bytes of a body that stretch its time by one second; 0 sets no limit to the whole.
    package var bodyLeastRate = 32 << 10
    /// While the client takes nothing of what is ready for it.
    package var writeTimeout: Duration = .seconds(120)
    /// For it to take all of a whole answer, or of a piece of a stream, beside what `answerLeastRate` allows for its size.
    package var answerBaseTime: Duration = .seconds(120)
    /// Bytes taken that stretch that time by one second; 0 sets no limit to the whole.
    package var answerLeastRate = 32 << 10
    /// A body that its handler does not read is read away before the answer goes out, up to so many bytes: many clients,
    /// and proxies, take an answer that comes while they are sending for a broken connection.
    package var unwantedBodyLimit = 64 << 20
    /// For such a body in all, and between two pieces of it; the answer does not wait longer.
    package var unwantedBodyTime: Duration = .seconds(30)
    package var unwantedBodyPause: Duration = .seconds(1)
    /// How long a connection that closes reads away what still comes: between two pieces, and in all.
    package var lingerTime: Duration = .seconds(2)
    package var lingerWholeTime: Duration = .seconds(10)
    /// From the end of what a client sends (FIN) to the first look at whether it still reads its answer, and between
    /// such looks.
    package var halfCloseProbeDelay: Duration = .milliseconds(500)
    package var halfCloseProbeInterval: Duration = .seconds(15)
    /// A head that is refused gets this body: status and reason to bytes and content type.
    package var errorBody: @Sendable (_ status: Int, _ reason: String) -> (type: String, bytes: [UInt8]) = {
        _, reason in ("text/plain; charset=utf-8", Array((reason + "\n").utf8))
    }

    package init(host: String = "0.0.0.0", port: Int = 0) {
        self.host = host
        self.port = port
    }
}

/// Answers requests. Runs on the loop of the request's connection.
package protocol RequestHandler: Sendable {
    /// Exactly one method of `writer` must be called; a handler that returns without is answered for with a 500.
    func respond(to request: ServerRequest, with writer: consuming ResponseWriter) async
}
