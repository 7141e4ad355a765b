import Chat
import HTTP
import Providers
import Synchronization

/// Access tokens that providers give for a channel's key, or that the key signs, kept until shortly before their end
/// (spec/channels.md §4.1).
final class AccessTokens: Sendable {
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
            expires = time + lifetime
            renews = time + lifetime - lifetime / 10
        }
    }

    private static let limit = 4096
    private let entries = Mutex<[Holder: Entry]>([:])

    /// The token for a channel; `nil` if its provider needs none, or can have none with this key.
    /// - Parameter time: milliseconds since 1970.
    /// - Throws: the provider's refusal of the key, or that it could not be asked.
    func token(
        for channel: ProviderChannel, of provider: any Provider, time: Int64, services: Services, call: UpstreamCall
    ) async throws(UpstreamFailure) -> String? {
        guard provider.descriptor.needsToken else { return nil }
        let holder = Holder(channel)
        if let known = known(holder, time) { return known }
        let token: AccessToken
        switch provider.tokenSource(for: channel, time: time) {
        case .nothing: return nil
        case .made(let made): token = made
        case .asked(let request):
            let limits = TransportLimits(firstByte: .seconds(10), total: .seconds(10))
            do throws(UpstreamFailure) {
                let (response, body) = try await WholeCall(services: services, limits: limits).send(request, call)
                token = try provider.accessToken(from: body, status: response.status)
            } catch {
                // The one that was to be renewed ahead of time is still good.
                guard let old = entries.withLock({ $0[holder] }), time < old.expires else { throw error }
                return old.text
            }
        }
        entries.withLock { entries in
            if entries.count >= Self.limit { entries.removeAll() }
            entries[holder] = Entry(token, time: time)
        }
        return token.text
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

    /// Forgets the channel's token where a failure says that it is refused, so that the call may be tried once more with
    /// a new one.
    /// - Returns: whether there is sense in that: what the key signed would be signed the same way again.
    func forget(_ failure: UpstreamFailure, _ channel: ProviderChannel, _ provider: any Provider) -> Bool {
        guard provider.descriptor.needsToken, failure.kind == .authentication, failure.code != .text("invalid_client")
        else { return false }
        entries.withLock { $0[Holder(channel)] = nil }
        if case .asked = provider.tokenSource(for: channel, time: 0) { return true }
        return false
    }
}
