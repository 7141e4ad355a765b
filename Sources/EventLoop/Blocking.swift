/// A few threads for calls that block (password hashing, name look-ups, files), so that no loop ever waits. Work whose
/// size depends on what a client sent runs on another `WorkPool`.
package enum Blocking {
    private static let pool = WorkPool(threads: 4, named: "blocking")

    /// Runs `body` on a worker and resumes the caller on its own executor.
    package static func run<T: Sendable>(_ body: @escaping @Sendable () throws -> T) async throws -> T {
        try await pool.runCertainly { Result(catching: body) }.get()
    }
}
