import Chat
import HTTP
import Providers
import Synchronization

/// Access tokens that providers give for a channel's key, kept until shortly before their end (spec/channels.md §4.1).
final class AccessTokens: Sendable {
    private struct Entry {
        var text: String
        /// Milliseconds since 1970.
        var expires: Int64
        /// From here on the next call asks for a new one, while the others go on with this.
        var renews: Int64
    }

    private static let limit = 4096
    private let entries = Mutex<[String: Entry]>([:])

    /// The token for a channel; `nil` if its provider needs none.
    /// - Parameter time: milliseconds since 1970.
    /// - Throws: the provider's refusal of the key, or that it could not be asked.
    func token(
        for channel: ProviderChannel, of provider: any Provider, time: Int64, services: Services, call: UpstreamCall
    ) async throws(UpstreamFailure) -> String? {
        guard let request = provider.tokenRequest(for: channel) else { return nil }
        let known = entries.withLock { entries -> Entry? in
            guard let entry = entries[request.url], time < entry.expires else { return nil }
            guard time >= entry.renews else { return entry }
            // This caller renews it; the others shall not do so at the same time.
            entries[request.url]?.renews = entry.expires
            return nil
        }
        if let known { return known.text }
        let limits = TransportLimits(firstByte: .seconds(10), total: .seconds(10))
        let token: AccessToken
        do throws(UpstreamFailure) {
            let (response, body) = try await WholeCall(services: services, limits: limits).send(request, call)
            token = try provider.accessToken(from: body, status: response.status)
        } catch {
            // The one that was to be renewed ahead of time is still good.
            guard let old = entries.withLock({ $0[request.url] }), time < old.expires else { throw error }
            return old.text
        }
        let lifetime = max(0, min(token.lifetime, 1 << 40)) * 1000
        let entry = Entry(text: token.text, expires: time + lifetime, renews: time + lifetime - lifetime / 10)
        entries.withLock { entries in
            if entries.count >= Self.limit { entries.removeAll() }
            entries[request.url] = entry
        }
        return token.text
    }

    /// Forgets the channel's token where a failure says that it is refused, so that the call may be tried once more with
    /// a new one.
    /// - Returns: whether there is sense in that.
    func forget(_ failure: UpstreamFailure, _ channel: ProviderChannel, _ provider: any Provider) -> Bool {
        guard failure.kind == .authentication, failure.code != .text("invalid_client"),
            let request = provider.tokenRequest(for: channel)
        else { return false }
        entries.withLock { $0[request.url] = nil }
        return true
    }
}
