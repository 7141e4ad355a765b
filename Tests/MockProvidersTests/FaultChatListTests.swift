import TestTraits
import Testing

/// The list of calls for every fault must cover all of the mock's upstreams.
@Suite("The calls for every fault", .inTurn) struct FaultChatListTests {
    /// Other addresses of the same upstreams, which the vendors' SDKs build.
    private static let aliases: Set<String> = ["/v1/", "/v1beta2/", "/v1beta3/"]

    @Test("has a whole answer of every upstream that the mock's start page names")
    func complete() async throws {
        let mock = try Mock()
        let prefixes = try mock.send("GET", "/").body.split(separator: "\n").map(String.init)
            .filter { $0.hasPrefix("/") }
        #expect(prefixes.count > 10)
        /// The upstream that answers the call: the first with a matching prefix.
        func upstream(_ chat: FaultChat) -> String? { prefixes.first { chat.path.hasPrefix($0) } }
        let tried = Set(FaultChat.wholes.compactMap(upstream))
        #expect(Set(prefixes).subtracting(tried) == Self.aliases)
        #expect(FaultChat.streams.allSatisfy { upstream($0) != nil })
        await mock.stop()
    }
}
