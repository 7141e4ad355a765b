import EventLoop
import JSON

/// How much work an event loop does itself. It serves nobody else meanwhile.
enum LoopSlice {
    /// The number of bytes that are read, decompressed or written.
    static let bytes = 64 << 10
    /// The number of bytes of text whose tokens are counted: about 8,000 tokens.
    static let text = 32_000
}

/// Runs work whose duration depends on what a client or an upstream sent: small pieces at once, large ones on the
/// workers for bodies, where users take turns. The work gets a parser that belongs to its thread.
extension Services {
    /// For requests of clients. If too much work is waiting, the work is refused and costs nothing.
    /// - Parameters:
    ///   - bytes: the size that the work depends on.
    ///   - slice: the largest size that is done at once.
    ///   - user: the user in whose turn the work is done.
    func offLoop<T: Sendable>(
        bytes: Int, slice: Int = LoopSlice.bytes, of user: Int64,
        _ work: @escaping @Sendable (JSONParser) throws(GatewayError) -> T
    ) async throws(GatewayError) -> T {
        guard bytes > slice else { return try work(Self.parser) }
        let result: Result<T, GatewayError>
        do throws(WorkPool.Full) {
            result = try await bodies.run(of: user) { Self.result(work) }
        } catch { throw .overloaded }
        return try result.get()
    }

    /// For answers and charges. The work waits for its turn and is never refused.
    func offLoop<T: Sendable, E: Error>(
        certainly bytes: Int, slice: Int = LoopSlice.bytes, of user: Int64,
        _ work: @escaping @Sendable (JSONParser) throws(E) -> T
    ) async throws(E) -> T {
        guard bytes > slice else { return try work(Self.parser) }
        return try await bodies.runCertainly(of: user) { Self.result(work) }.get()
    }

    private static func result<T, E: Error>(_ work: (JSONParser) throws(E) -> T) -> Result<T, E> {
        do throws(E) { return .success(try work(JSONParser())) } catch { return .failure(error) }
    }

    /// The loop's parser, or a new one on another thread.
    private static var parser: JSONParser { EventLoop.current.map { LoopTools.current($0).json } ?? JSONParser() }
}
