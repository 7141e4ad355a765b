/// Applies a fault to the bytes of an answer.
struct Damage {
    let fault: Fault
    let failure: [UInt8]

    /// The whole body with the damage.
    func whole(_ bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes
        if fault.hasBadUTF8 { bytes = spoiled(bytes) }
        if fault.hasBadJSON { bytes.removeLast(min(bytes.count, 1 + bytes.count / 3)) }
        // JSON allows white space between values. The huge line is therefore legal, but large.
        if fault.hugeLineBytes > 0 { bytes = [UInt8](repeating: 0x20, count: fault.hugeLineBytes) + bytes }
        return bytes
    }

    /// The writes of a stream with the damage.
    func events(_ events: [[UInt8]], end: [UInt8]) -> [[UInt8]] {
        var events = damaged(withEnd(events, end: end, failure: failure))
        if fault.hugeLineBytes > 0 {
            let pad = [UInt8](repeating: 0x78, count: fault.hugeLineBytes)
            events.insert([0x3a, 0x20] + pad + [0x0a, 0x0a], at: 0)
        }
        return events
    }

    /// The writes, with the damage, of a stream that is one JSON array.
    ///
    /// JSON has no comments and no field names as SSE has. Only white space may stand between its values.
    func list(_ elements: [[UInt8]], end: [UInt8]) -> [[UInt8]] {
        let separator = Array((fault.failureAfterEvents == 0 ? "[" : ",\r\n").utf8)
        var elements = damaged(withEnd(elements, end: end, failure: separator + failure + [0x0a] + end), isList: true)
        if fault.hugeLineBytes > 0 { elements.insert([UInt8](repeating: 0x20, count: fault.hugeLineBytes), at: 0) }
        return elements
    }

    private func withEnd(_ events: [[UInt8]], end: [UInt8], failure: [UInt8]) -> [[UInt8]] {
        if let count = fault.failureAfterEvents { return events.prefix(count) + [failure] }
        return fault.dropsEnd || end.isEmpty ? events : events + [end]
    }

    private func damaged(_ events: [[UInt8]], isList: Bool = false) -> [[UInt8]] {
        var events = events
        let middle = events.count > 2 ? 1 : 0
        // In version 3 of Zhipu's API only the last event contains JSON.
        if fault.hasBadJSON, let place = events.indices.first(where: { $0 >= middle && events[$0].contains(0x7b) }) {
            events[place] = Array(events[place].dropLast(6)) + [0x0a, 0x0a]
        }
        if let framing = fault.framing { events = events.map { reframed($0, framing, isList) } }
        guard fault.hasBadUTF8, middle < events.count else { return events }
        // The bad bytes are split over two writes, like a character whose end never comes.
        let text = spoiled(events[middle])
        guard let bad = text.firstIndex(of: 0xe2) else { return events }
        events.replaceSubrange(middle...middle, with: [Array(text[...bad]), Array(text[(bad + 1)...])])
        return events
    }

    /// Puts the first two bytes of a three-byte character into the first string of a `content`, `text` or `result`. If
    /// there is none, they go into the last string, and without JSON before the first byte of the data.
    private func spoiled(_ bytes: [UInt8]) -> [UInt8] {
        let places = ["content", "text", "result"].compactMap { name in startOfString(named: name, in: bytes) }
        let data = bytes.firstRange(of: Array("data:".utf8))?.upperBound ?? 0
        let place = places.min() ?? bytes.lastIndex(of: 0x22) ?? data
        return Array(bytes[..<place]) + [0xe2, 0x82] + Array(bytes[place...])
    }

    private func startOfString(named name: String, in bytes: [UInt8]) -> Int? {
        let mark = Array("\"\(name)\":".utf8)
        for start in bytes.indices where bytes[start] == 0x22 && bytes[start...].starts(with: mark) {
            let value = bytes[(start + mark.count)...].drop { $0 == 0x20 }
            if value.first == 0x22 { return value.startIndex + 1 }
        }
        return nil
    }

    private func reframed(_ event: [UInt8], _ framing: Fault.Framing, _ isList: Bool) -> [UInt8] {
        switch framing {
        case .crlf: withCarriageReturns(event)
        case .comments: Array((isList ? "\r\n" : ": ping\n\n").utf8) + event
        case .nospace: withoutSpaces(event)
        }
    }

    /// Turns LF into CR LF. A CR LF stays as it is.
    private func withCarriageReturns(_ event: [UInt8]) -> [UInt8] {
        var output: [UInt8] = []
        for byte in event {
            if byte == 0x0a, output.last != 0x0d { output.append(0x0d) }
            output.append(byte)
        }
        return output
    }

    /// Removes the space behind `data:`. If the service writes no space behind `event:`, a space behind `data:` is text
    /// and stays.
    private func withoutSpaces(_ event: [UInt8]) -> [UInt8] {
        if event.starts(with: "event:".utf8), !event.starts(with: "event: ".utf8) { return event }
        let lines = event.split(separator: 0x0a, omittingEmptySubsequences: false).map { line in
            for field in ["event:", "data:"] where line.starts(with: Array("\(field) ".utf8)) {
                return Array(field.utf8) + line.dropFirst(field.utf8.count + 1)
            }
            return Array(line)
        }
        return Array(lines.joined(separator: [0x0a]))
    }
}
