import Synchronization

/// What calls of a channel have taught about its upstream; kept while its type and its address stay the same.
final class ChannelMemory: Sendable {
    private let refusal = Atomic(false)

    /// The upstream has refused a stream for its `stream_options`, and answered it without them.
    var refusesStreamOptions: Bool { refusal.load(ordering: .relaxed) }

    func noteRefusedStreamOptions() { refusal.store(true, ordering: .relaxed) }
}
