import Arithmetic
import Chat
import Synchronization

/// The memory that all requests together may use for downloaded media.
///
/// Each downloaded byte counts as `factor` bytes from the moment it is received, because everything that is made from
/// it needs memory too.
final class MediaBudget: Sendable {
    /// The most memory that a byte needs: four thirds as base64, twice. First the bytes and their text exist, then the
    /// text and the body that contains it, then that body and libcurl's copy of it. The last third is for the spare
    /// capacity of growing arrays.
    static let factor = 3

    private let limit: Int
    private let held = Mutex(0)

    /// - Parameter limit: the budget in bytes of memory.
    init(limit: Int) { self.limit = limit }

    /// How many bytes of memory are in use.
    var bytes: Int { held.withLock { $0 } }

    /// - Parameter fetched: the number of bytes that were downloaded.
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

/// One request's part of the budget. It is returned when the last reference is gone.
final class MediaHold {
    private let budget: MediaBudget
    /// The number of downloaded bytes. The budget counts the memory that they need.
    private(set) var bytes = 0

    init(_ budget: MediaBudget) { self.budget = budget }

    deinit { if bytes > 0 { budget.give(bytes) } }

    /// - Returns: whether there was room.
    func take(_ more: Int) -> Bool {
        guard budget.take(more) else { return false }
        bytes += more
        return true
    }

    /// Returns a part of it.
    func give(_ less: Int) {
        let less = min(less, bytes)
        budget.give(less)
        bytes = bytes.minus(less)
    }
}

/// The reason why media could not be downloaded.
enum MediaProblem: Error, Equatable {
    case request(RequestError)
    /// Other requests use the whole budget. This request is valid.
    case busy

    var message: String {
        switch self {
        case .request(let error): error.message
        case .busy: "Too many images are being fetched at once."
        }
    }
}
