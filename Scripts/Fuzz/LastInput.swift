import Glibc
import Synchronization

/// The input that was being checked when a decoder ended the process. The signal handler prints it.
enum LastInput {
    private struct State {
        var target = ""
        var number = 0
        var seed: UInt64 = 0
        var input: [UInt8] = []
        var more = ""
    }

    private static let state = Mutex(State())

    static func begins(_ target: String, _ number: Int, _ seed: UInt64, _ input: [UInt8]) {
        state.withLock { $0 = State(target: target, number: number, seed: seed, input: input) }
    }

    /// What a target returned for the input.
    static func becomes(_ more: String) { state.withLock { $0.more += more + "\n" } }

    static func printWhenSignalled() {
        for number in [SIGILL, SIGTRAP, SIGSEGV, SIGBUS, SIGABRT, SIGFPE] {
            signal(number) { number in
                // The lock is free, since no target runs while it is held.
                _ = LastInput.state.withLockIfAvailable { state in
                    var text =
                        "\(state.target): the process ends\nseed \(state.seed), input \(state.number): \(state.input)\n"
                    text += state.more
                    text.withUTF8 { _ = write(STDOUT_FILENO, $0.baseAddress, $0.count) }
                }
                _exit(128 &+ number)
            }
        }
    }
}
