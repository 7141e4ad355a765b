import Chat
import Synchronization

/// Bytes of fetched media that all requests together may hold.
final class MediaBudget: Sendable {
    private let limit: Int
    private let held = Mutex(0)

    init(limit: Int) { self.limit = limit }

    /// Bytes that are held now.
    var bytes: Int { held.withLock { $0 } }

    fileprivate func take(_ bytes: Int) -> Bool {
        held.withLock { held in
            guard bytes <= limit - held else { return false }
            held += bytes
            return true
        }
    }

    fileprivate func give(_ bytes: Int) { held.withLock { $0 -= bytes } }
}

/// One request's part of the budget; goes back when the last reference does.
final class MediaHold {
    private let budget: MediaBudget
    private(set) var bytes = 0

    init(_ budget: MediaBudget) { self.budget = budget }

    deinit { if bytes > 0 { budget.give(bytes) } }

    /// - Returns: whether there was room.
    func take(_ more: Int) -> Bool {
        guard budget.take(more) else { return false }
        bytes += more
        return true
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
