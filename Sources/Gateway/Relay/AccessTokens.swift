import Arithmetic
import Chat
import HTTP
import Providers
import Synchronization

/// Access tokens that providers give for a channel's key, or that the key signs, kept until shortly before their end
/// (spec/channels.md §4.1).
final class AccessTokens: Sendable {
    /// A token as one call has it.
    struct Held: Sendable, Equatable {
        let text: String
        /// The provider gave it, or the key signed it, for this very call.
        let isNew: Bool
    }

    private struct Holder: Hashable {
        let type: Int
        let baseURL: String
        let key: String

        init(_ channel: ProviderChannel) { (type, baseURL, key) = (channel.type, channel.baseURL, channel.key) }
    }

    private struct Entry {
        var text: String
        /// Milliseconds since 1970.
        var expires: Int64
        /// From here on the next call asks for a new one, while the others go on with this.
        var renews: Int64

        init(_ token: AccessToken, time: Int64) {
            let lifetime = max(0, min(token.lifetime, 1 << 40)) * 1000
            text = token.text
            expires = time.plus(lifetime)
            renews = expires.minus(lifetime / 10)
        }
    }

    private static let limit = 4096
    /// Milliseconds after a renewal ahead of time that failed.
    private static let pause: Int64 = 60_000
    private let entries = Mutex<[Holder: Entry]>([:])

    /// The token for a channel; `nil` if its provider needs none, or can have none with this key.
    /// - Parameter time: milliseconds since 1970.
    /// - Throws: the provider's refusal of the key, or that it could not be asked.
    func token(
        for channel: ProviderChannel, of provider: any Provider, time: Int64, services: Services, call: UpstreamCall
    ) async throws(UpstreamFailure) -> Held? {
        guard provider.descriptor.needsToken else { return nil }
        let holder = Holder(channel)
        if let known = known(holder, time) { return Held(text: known, isNew: false) }
        let token: AccessToken
        switch provider.tokenSource(for: channel, time: time) {
        case .nothing: return nil
        case .made(let made): token = made
        case .asked(let request):
            let limits = TransportLimits(firstByte: .seconds(10), total: .seconds(10))
            do throws(UpstreamFailure) {
                var request = request
                channel.rules.apply(to: &request.headers)
                let (response, body) = try await WholeCall(services: services, limits: limits).send(request, call)
                token = try provider.accessToken(from: body, status: response.status)
            } catch {
                guard let old = kept(holder, time) else { throw error }
                return Held(text: old, isNew: false)
            }
        }
        entries.withLock { entries in
            if entries.count >= Self.limit { entries.removeAll() }
            entries[holder] = Entry(token, time: time)
        }
        return Held(text: token.text, isNew: true)
    }

    /// The token that calls of a channel go with at the moment.
    func text(of channel: ProviderChannel) -> String? {
        entries.withLock { $0.isEmpty ? nil : $0[Holder(channel)]?.text }
    }

    private func known(_ holder: Holder, _ time: Int64) -> String? {
        entries.withLock { entries in
            guard let entry = entries[holder], time < entry.expires else { return nil }
            guard time >= entry.renews else { return entry.text }
            // This caller renews it; the others shall not do so at the same time.
            entries[holder]?.renews = entry.expires
            return nil
        }
    }

    /// The token whose renewal ahead of time failed: it is still good, and another call may try again in a while.
    private func kept(_ holder: Holder, _ time: Int64) -> String? {
        entries.withLock { entries in
            guard let entry = entries[holder], time < entry.expires else { return nil }
            entries[holder]?.renews = min(entry.expires, time.plus(Self.pause))
            return entry.text
        }
    }

    /// Forgets a channel's token where a failure says that it is refused.
    /// - Parameter held: what the call that failed went with.
    /// - Returns: whether the call is worth one more try with a new token: a token that was new already says that the key
    ///   is to blame, or the clock.
    func forget(_ failure: UpstreamFailure, _ held: Held?, of channel: ProviderChannel) -> Bool {
        guard let held, failure.kind == .authentication else { return false }
        let holder = Holder(channel)
        entries.withLock { entries in
            // Another call may have a newer one by now.
            if entries[holder]?.text == held.text { entries[holder] = nil }
        }
        return !held.isNew
    }
}
