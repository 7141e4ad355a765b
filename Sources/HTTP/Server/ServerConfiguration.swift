/// Limits of the listening side.
package struct ServerConfiguration: Sendable {
    /// A numeric IPv4 or IPv6 address. `::` listens on both families.
    package var host = "0.0.0.0"
    /// 0 chooses any free port.
    package var port = 0
    package var maxHeadBytes = 32 << 10
    package var maxHeaderFields = 100
    /// The most connections of one loop. Further ones wait in the kernel's queue.
    package var maxConnections = 50_000
    /// The limit from a request's first byte to the end of its head.
    package var headTimeout: Duration = .seconds(20)
    /// The limit between two requests of a connection.
    package var keepAliveTimeout: Duration = .seconds(75)
    /// The limit between two pieces of a request's body.
    package var bodyTimeout: Duration = .seconds(60)
    /// The limit for a whole body, in addition to what `bodyLeastRate` allows for its size.
    package var bodyBaseTime: Duration = .seconds(60)
    /// Each so many bytes of a body extend its limit by one second; 0 means no limit for the whole body.
    package var bodyLeastRate = 32 << 10
    /// The limit for a client that takes none of the bytes that are ready for it.
    package var writeTimeout: Duration = .seconds(120)
    /// The limit for taking a whole answer or a piece of a stream, in addition to what `answerLeastRate` allows.
    package var answerBaseTime: Duration = .seconds(120)
    /// Each so many bytes taken extend that limit by one second; 0 means no limit for the whole answer.
    package var answerLeastRate = 32 << 10
    /// How many bytes of a body that its handler does not read are dropped before the answer goes out. Many clients and
    /// proxies take an answer that comes while they are sending for a broken connection.
    package var unwantedBodyLimit = 64 << 20
    /// The longest time for such a body, and between two pieces of it. The answer does not wait longer.
    package var unwantedBodyTime: Duration = .seconds(30)
    package var unwantedBodyPause: Duration = .seconds(1)
    /// How long a closing connection reads and drops what still arrives: between two pieces, and in all.
    package var lingerTime: Duration = .seconds(2)
    package var lingerWholeTime: Duration = .seconds(10)
    /// The time from a client's FIN to the first check whether it still reads its answer, and between such checks.
    package var halfCloseProbeDelay: Duration = .milliseconds(500)
    package var halfCloseProbeInterval: Duration = .seconds(15)
    /// Makes the body for a refused head: from status and reason to bytes and content type.
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
    /// Call exactly one method of `writer`. If a handler returns without a call, the client gets a 500.
    func respond(to request: ServerRequest, with writer: consuming ResponseWriter) async
}
