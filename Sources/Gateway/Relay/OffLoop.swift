import EventLoop
import JSON

/// How much of a body a loop works on itself, since it serves nobody else meanwhile.
enum LoopSlice {
    /// Bytes that are read, unpacked or written anew.
    static let bytes = 64 << 10
    /// Bytes of text that are counted: 8,000 tokens or so.
    static let text = 32_000
}

/// Work in proportion to what a client or an upstream sent: small pieces at once, large ones on the workers for bodies,
/// where users take turns. The work gets a parser that belongs to the thread it runs on.
extension Services {
    /// For what a client asks: where too much waits already, it is refused and costs nothing.
    /// - Parameters:
    ///   - bytes: what the work grows with.
    ///   - slice: up to how much of it is done at once.
    ///   - user: in whose turn it is done.
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

    /// For answers and charges: it waits its turn, and is never refused.
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

    /// The loop's, or a new one elsewhere.
    private static var parser: JSONParser { EventLoop.current.map { LoopTools.current($0).json } ?? JSONParser() }
}
