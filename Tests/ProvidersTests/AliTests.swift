import Chat
import Providers
import Testing

@Suite("Ali")
struct AliTests {
    @Test("usage is told with the event that brings it, and once")
    func usageAtOnce() {
        var decoder = Ali().decoder()
        var events: [ChatEvent] = []
        let output = #""output":{"choices":[{"finish_reason":"null","message":{"role":"assistant","content":"Os"}}]}"#
        let usage = #""usage":{"input_tokens":12,"output_tokens":1,"total_tokens":13}"#
        let event = "data:{\(output),\(usage)}\n\n"
        decoder.feed(Array((event + event).utf8), into: &events)
        let told = events.compactMap { if case .usage(let usage, _) = $0 { usage.totalTokens } else { nil } }
        #expect(told == [13])
    }
}
