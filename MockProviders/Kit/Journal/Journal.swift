package import HTTP
import JSON
import Synchronization

/// A request as it was received.
package struct JournalEntry: Sendable {
    /// The number of the request since the start or the last reset, from 1.
    package let number: Int
    /// The time in seconds since 1970.
    package let time: Double
    package let method: String
    package let path: String
    package let query: String
    /// The header fields. Secrets are included, because this is a mock.
    package let headers: HTTPHeaders
    package let body: [UInt8]
    /// The model and the key that the provider read, if there are any.
    package let model: String?
    package let key: String?
}

/// Keeps the last requests, limited in number and bytes. The oldest are dropped.
package final class Journal: Sendable {
    private struct State {
        var entries: [JournalEntry] = []
        var first = 0
        var bytes = 0
        var number = 0
    }

    private let state = Mutex(State())
    private let capacity: Int
    private let byteCapacity: Int
    private let file: JournalFile?

    /// - Parameter capacity: how many requests are kept; 0 keeps none.
    init(capacity: Int, byteCapacity: Int = 64 << 20, file: JournalFile? = nil) {
        self.capacity = capacity
        self.byteCapacity = byteCapacity
        self.file = file
    }

    var isOff: Bool { capacity == 0 && file == nil }

    func record(_ request: ServerRequest, body: [UInt8], model: String?, key: String?) {
        if isOff { return }
        let entry = state.withLock { state in
            state.number += 1
            let entry = JournalEntry(
                number: state.number, time: wallClock(), method: request.method.name, path: request.path,
                query: request.query, headers: request.headers, body: body, model: model, key: key)
            if capacity > 0 { keep(entry, in: &state) }
            return entry
        }
        file?.append(entry.json.encoded())
    }

    private func keep(_ entry: JournalEntry, in state: inout State) {
        state.entries.append(entry)
        state.bytes += entry.body.count
        while state.entries.count - state.first > capacity
            || (state.bytes > byteCapacity && state.entries.count - state.first > 1)
        {
            state.bytes -= state.entries[state.first].body.count
            state.first += 1
        }
        // Moving the rest to the front now and then costs less than moving it each time.
        if state.first > 1024, state.first * 2 > state.entries.count {
            state.entries.removeFirst(state.first)
            state.first = 0
        }
    }

    /// The kept requests, oldest first.
    package var entries: [JournalEntry] { state.withLock { Array($0.entries[$0.first...]) } }

    package func reset() { state.withLock { $0 = State() } }
}

extension JournalEntry {
    var json: JSON {
        var object: JSONObject = [
            "number": .int(number), "time": .double(time), "method": .string(method), "path": .string(path),
            "query": .string(query), "model": model.map(JSON.string) ?? .null, "key": key.map(JSON.string) ?? .null,
        ]
        var pairs: [JSON] = []
        headers.forEach({ name, value in pairs.append([.string(name), .string(value)]) })
        object["headers"] = .array(pairs)
        if let text = String(validating: body, as: UTF8.self) {
            object["body"] = .string(text)
        } else {
            object["body_base64"] = .string(Base64.encode(body))
        }
        return .object(object)
    }
}
