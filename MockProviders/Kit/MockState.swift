import Synchronization

/// The state that all event loops of a mock share.
final class MockState: Sendable {
    let seed: UInt64?
    let journal: Journal
    let ledger: TokenLedger
    let faults = MatchQueue<Fault>()
    let scripts = MatchQueue<Script>()
    /// What is said where no queued script fits.
    let standing = Mutex<Script?>(nil)
    let pace = Mutex(Pace())
    /// The providers, each with the path prefix below which it answers. To add a provider, add a line.
    let providers: [(prefix: String, provider: any Provider)]
    private let answers = Mutex<UInt64>(0)

    init(seed: UInt64?, journal: Journal, ledger: TokenLedger) {
        self.seed = seed
        self.journal = journal
        self.ledger = ledger
        let openAI = OpenAI()
        let palm = PaLM()
        let baidu = Baidu.Credentials()
        let ali = Ali.Store()
        providers = [
            ("/openai/v1/", openAI),
            ("/v1/", openAI),
            ("/anthropic/", Claude()),
            ("/azure/", Azure()),
            ("/gemini/", Gemini()),
            ("/palm/", palm),
            ("/v1beta2/", palm),
            ("/v1beta3/", palm),
            ("/baidu/v2/", Baidu.Platform(baidu)),
            ("/baidu/", Baidu.Workshop(baidu)),
            ("/zhipu/api/paas/v3/", Zhipu.Legacy()),
            ("/zhipu/", Zhipu.Platform()),
            ("/ali/compatible-mode/v1/", Ali(.compatible, ali)),
            ("/ali/", Ali(.native, ali)),
        ]
    }

    /// The source of the ids of one answer.
    func identifiers(for body: [UInt8]) -> IdentifierSource {
        var hash = StableHash(seed: seed ?? 0)
        body.withUnsafeBytes { hash.mix($0) }
        let content = hash.value
        if seed != nil {
            return IdentifierSource(random: Seeded(content), created: 1_760_000_000, content: content)
        }
        let count = answers.withLock { count in
            count += 1
            return count
        }
        let now = wallClock()
        return IdentifierSource(
            random: Seeded(content ^ (count &* 0x9e37_79b9_7f4a_7c15) ^ UInt64(now * 1e6)), created: Int(now),
            content: content)
    }

    func reset() {
        journal.reset()
        ledger.reset()
        faults.reset()
        scripts.reset()
        standing.withLock { $0 = nil }
        pace.withLock { $0 = Pace() }
        for entry in providers { entry.provider.reset() }
    }
}
