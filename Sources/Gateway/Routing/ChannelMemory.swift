import Synchronization

/// What earlier calls of a channel have shown about its upstream. It is kept while type and address stay the same.
final class ChannelMemory: Sendable {
    private let refusal = Atomic(false)

    /// Whether the upstream has refused a stream because of `stream_options`, and answered it without them.
    var refusesStreamOptions: Bool { refusal.load(ordering: .relaxed) }

    func noteRefusedStreamOptions() { refusal.store(true, ordering: .relaxed) }
}
