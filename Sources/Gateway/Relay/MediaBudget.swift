import Arithmetic
import Chat
import Synchronization

/// Memory that all requests together may hold for fetched media.
///
/// A byte that is fetched counts as `factor` bytes from its coming on, since what was fetched must find room for all that
/// is made of it.
final class MediaBudget: Sendable {
    /// What a byte takes at its peak: four thirds as text in base64, and that twice. First the bytes and their text are
    /// there, then the text and the body that it is written into, then that body and libcurl's copy of it. The last third
    /// is for what arrays have to spare while they grow.
    static let factor = 3

    private let limit: Int
    private let held = Mutex(0)

    /// - Parameter limit: bytes of memory.
    init(limit: Int) { self.limit = limit }

    /// Bytes of memory that are held now.
    var bytes: Int { held.withLock { $0 } }

    /// - Parameter fetched: bytes as they came.
    fileprivate func take(_ fetched: Int) -> Bool {
        let bytes = fetched.times(Self.factor)
        return held.withLock { held in
            guard bytes <= limit - held else { return false }
            held += bytes
            return true
        }
    }

    fileprivate func give(_ fetched: Int) { held.withLock { $0 = $0.minus(fetched.times(Self.factor)) } }
}

/// One request's part of the budget; goes back when the last reference does.
final class MediaHold {
    private let budget: MediaBudget
    /// As they came; the budget counts what they take in memory.
    private(set) var bytes = 0

    init(_ budget: MediaBudget) { self.budget = budget }

    deinit { if bytes > 0 { budget.give(bytes) } }

    /// - Returns: whether there was room.
    func take(_ more: Int) -> Bool {
        guard budget.take(more) else { return false }
        bytes += more
        return true
    }

    /// Gives a part of it back.
    func give(_ less: Int) {
        let less = min(less, bytes)
        budget.give(less)
        bytes = bytes.minus(less)
    }
}

/// Why media could not be fetched.
enum MediaProblem: Error, Equatable {
    case request(RequestError)
    /// Other requests hold as much as may be held; nothing is wrong with this one.
    case busy

    var message: String {
        switch self {
        case .request(let error): error.message
        case .busy: "Too many images are being fetched at once."
        }
    }
}
