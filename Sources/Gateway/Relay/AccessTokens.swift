import Arithmetic
import Chat
import HTTP
import Providers
import Synchronization

/// The access tokens that providers issue for a channel's key, or that are signed with the key. They are kept until
/// shortly before they expire (spec/channels.md §4.1).
final class AccessTokens: Sendable {
    /// A token as a single call uses it.
    struct Held: Sendable, Equatable {
        let text: String
        /// The token was issued or signed for this call.
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
        /// The time in milliseconds since 1970.
        var expires: Int64
        /// From this time on the next call renews the token, while other calls still use it.
        var renews: Int64

        init(_ token: AccessToken, time: Int64) {
            let lifetime = max(0, min(token.lifetime, 1 << 40)) * 1000
            text = token.text
            expires = time.plus(lifetime)
            renews = expires.minus(lifetime / 10)
        }
    }

    private static let limit = 4096
    /// The wait in milliseconds after an early renewal that failed.
    private static let pause: Int64 = 60_000
    private let entries = Mutex<[Holder: Entry]>([:])

    /// The token for a channel; `nil` if its provider needs none, or cannot issue one for this key.
    /// - Parameter time: the time in milliseconds since 1970.
    /// - Throws: the provider's refusal of the key, or the failure of the request for a token.
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

    /// The token that the channel's calls use now.
    func text(of channel: ProviderChannel) -> String? {
        entries.withLock { $0.isEmpty ? nil : $0[Holder(channel)]?.text }
    }

    private func known(_ holder: Holder, _ time: Int64) -> String? {
        entries.withLock { entries in
            guard let entry = entries[holder], time < entry.expires else { return nil }
            guard time >= entry.renews else { return entry.text }
            // This caller renews the token. Others must not renew it at the same time.
            entries[holder]?.renews = entry.expires
            return nil
        }
    }

    /// The token whose early renewal failed. It is still valid, and a later call tries again.
    private func kept(_ holder: Holder, _ time: Int64) -> String? {
        entries.withLock { entries in
            guard let entry = entries[holder], time < entry.expires else { return nil }
            entries[holder]?.renews = min(entry.expires, time.plus(Self.pause))
            return entry.text
        }
    }

    /// Drops a channel's token if a failure shows that the provider refused it.
    /// - Parameter held: the token that the failed call used.
    /// - Returns: whether the call shall be repeated with a new token. If the refused token was new, the key or the
    ///   clock is wrong.
    func forget(_ failure: UpstreamFailure, _ held: Held?, of channel: ProviderChannel) -> Bool {
        guard let held, failure.kind == .authentication else { return false }
        let holder = Holder(channel)
        entries.withLock { entries in
            // Another call may already have a newer token.
            if entries[holder]?.text == held.text { entries[holder] = nil }
        }
        return !held.isNew
    }
}
