import Arithmetic
import Chat
import JSON
import Providers
import Synchronization

/// Work whose amount depends on what the upstream sent. It is done between two reads. Large work is done on another
/// thread.
extension AnswerStream {
    /// How much text is kept until the usage comes. Text beyond it is counted and dropped, so that no stream fills the
    /// memory.
    private static let textLimit = 256 << 10

    /// Whether the upstream's next bytes can be fed on the event loop, which is nearly always so. They are never more
    /// than a connection's buffer holds.
    var isLight: Bool {
        if case .painting = self { return false }
        return pending <= LoopSlice.bytes
    }

    /// Feeds bytes from the upstream. If they end a large event, this is done on another thread.
    mutating func advance(_ bytes: [UInt8], _ meter: StreamMeter, into output: inout [UInt8]) async {
        // Bytes without a line end are only appended to the unfinished event, which costs next to nothing.
        if pending > LoopSlice.bytes, bytes.contains(where: { $0 == 0x0a || $0 == 0x0d }) {
            await aside(meter, of: bytes.count, into: &output) { $0.feed(bytes, parser: $1, into: &$2) }
        } else {
            feed(bytes, parser: meter.parser, into: &output)
        }
        if case .painting = self { await readPictures(meter, into: &output) }
    }

    /// Handles the event that the end of the upstream's message left unfinished.
    mutating func end(_ meter: StreamMeter, into output: inout [UInt8]) async {
        if pending > LoopSlice.bytes {
            await aside(meter, of: 0, into: &output) { $0.flush(parser: $1, into: &$2) }
        } else {
            flush(parser: meter.parser, into: &output)
        }
        if case .painting = self { await readPictures(meter, into: &output) }
    }

    /// Runs `act` on the stream on another thread.
    private mutating func aside(
        _ meter: StreamMeter, of bytes: Int, into output: inout [UInt8],
        _ act: @escaping @Sendable (inout AnswerStream, JSONParser, inout [UInt8]) -> Void
    ) async {
        guard case .painting = self else {
            let size = pending.plus(bytes)
            // Only the parcel refers to the stream, so its buffers are changed in place and not copied.
            let parcel = Parcel(consume self)
            let written = await meter.services.offLoop(certainly: size, of: meter.tally.userID) { parser in
                var written: [UInt8] = []
                parcel.content.withLock { act(&$0, parser, &written) }
                return written
            }
            self = parcel.content.withLock { $0 }
            if output.isEmpty { output = written } else { output += written }
            return
        }
        act(&self, meter.parser, &output)
    }

    /// Whether the text has become long.
    var isLong: Bool {
        switch self {
        case .passing(let relay): relay.produced.count > Self.textLimit
        case .translating(let stream): stream.produced.count > Self.textLimit
        case .painting: false
        }
    }

    /// Counts and drops the text.
    mutating func count(_ meter: inout StreamMeter) async {
        let text = Production(text: takeProduced(), countedTokens: meter.counted)
        meter.counted = await meter.tally.completion(text, meter.services)
    }

    private mutating func readPictures(_ meter: StreamMeter, into output: inout [UInt8]) async {
        guard case .painting(var images) = self else { return }
        while let event = images.next() {
            let reading = await meter.services.offLoop(certainly: event.data.count, of: meter.tally.userID) {
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

/// The tools to read a stream and to count its tokens.
struct StreamMeter {
    let services: Services
    /// The event loop's parser.
    let parser: JSONParser
    var tally: UsageTally
    /// The tokens of text that was counted and dropped while the stream was running.
    var counted: Int64 = 0
}

/// Carries a value to another thread and back without a second owner.
private final class Parcel<Content: Sendable>: Sendable {
    let content: Mutex<Content>

    init(_ content: consuming Content) { self.content = Mutex(content) }
}
