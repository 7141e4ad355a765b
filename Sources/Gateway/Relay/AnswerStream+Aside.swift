import Chat
import Providers

/// What of a stream grows with what comes, done between two reads and, where it is much, away from the loop.
extension AnswerStream {
    /// Text that is kept until usage comes; beyond, it is counted and dropped, so that no stream fills the memory.
    private static let textLimit = 256 << 10

    /// Whether `work` has something to do.
    var wantsWork: Bool {
        switch self {
        case .passing(let relay): relay.produced.count > Self.textLimit
        case .translating(let stream): stream.produced.count > Self.textLimit
        case .painting: true
        }
    }

    /// - Parameter counted: tokens of text that was dropped.
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

    /// What is to be charged of what came.
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
