import Chat
import Providers

/// Work on a stream whose amount depends on what was received. It is done between two reads, large work on another
/// thread.
extension AnswerStream {
    /// How much text is kept until the usage comes. Text beyond it is counted and dropped, so that no stream fills the
    /// memory.
    private static let textLimit = 256 << 10

    /// Whether `work` has anything to do.
    var wantsWork: Bool {
        switch self {
        case .passing(let relay): relay.produced.count > Self.textLimit
        case .translating(let stream): stream.produced.count > Self.textLimit
        case .painting: true
        }
    }

    /// - Parameter counted: the tokens of the text that was dropped.
    mutating func work(
        _ tally: UsageTally, _ services: Services, counted: inout Int64, into output: inout [UInt8]
    ) async {
        guard case .painting(var images) = self else {
            counted = await tally.completion(Production(text: takeProduced(), countedTokens: counted), services)
            return
        }
        while let event = images.next() {
            let reading = await services.offLoop(certainly: event.data.count, of: tally.userID) {
                OpenAIImageStream.read(event, parser: $0)
            }
            images.take(reading, of: event, into: &output)
        }
        self = .painting(images)
    }

    /// What has to be charged for the answer so far.
    func production(counted: Int64, isCut: Bool) -> Production {
        var production = Production(text: produced, countedTokens: counted, received: received, isCut: isCut)
        switch self {
        case .passing(let relay): if relay.isUsageFinal { production.countedTokens = 0 }
        case .translating: break
        case .painting(let images):
            production.pictures = images.pictures
            (production.size, production.quality) = (images.size, images.quality)
        }
        return production
    }
}
