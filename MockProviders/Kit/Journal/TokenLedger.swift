import JSON
import Synchronization

/// The cost of one answer, as the provider would bill it.
package struct Served: Sendable, Equatable {
    /// The answer's own id, such as `chatcmpl-…`.
    package var id: String
    /// The model that was asked for.
    package var model: String
    package var key: String
    package var promptTokens: Int
    package var completionTokens: Int
    package var cachedTokens: Int
    /// The number of tool calls in the answer. It is less than what was asked for where the provider allows fewer.
    package var toolCalls: Int?
    /// The part of `completionTokens` that is reasoning.
    package var reasoningTokens = 0
    /// The provider's answers report their usage.
    package var tellsUsage = true
}

/// Counts the tokens of completed answers per model and per key, and keeps the last answers one by one.
package final class TokenLedger: Sendable {
    /// The sums of one model or key.
    package struct Total: Sendable, Equatable {
        package var answers = 0
        package var promptTokens = 0
        package var completionTokens = 0
        package var cachedTokens = 0

        mutating func add(_ served: Served, sign: Int) {
            answers += sign
            promptTokens += sign * served.promptTokens
            completionTokens += sign * served.completionTokens
            cachedTokens += sign * served.cachedTokens
        }
    }

    private struct State {
        var entries: [Served] = []
        var models: [String: Total] = [:]
        var keys: [String: Total] = [:]
        var all = Total()
        var unfinished = 0
    }

    private let state = Mutex(State())
    private let capacity: Int

    /// - Parameter capacity: how many single answers are kept. The sums are never dropped.
    init(capacity: Int) { self.capacity = capacity }

    func record(_ served: Served) { add(served, sign: 1) }

    /// Removes an answer whose end did not reach the client.
    func withdraw(_ served: Served) {
        add(served, sign: -1)
        recordUnfinished()
    }

    /// Counts an answer that was cut, that stalled, or whose client went away.
    func recordUnfinished() { state.withLock { $0.unfinished += 1 } }

    private func add(_ served: Served, sign: Int) {
        state.withLock { state in
            state.all.add(served, sign: sign)
            state.models[Self.name(served.model, in: state.models), default: Total()].add(served, sign: sign)
            state.keys[Self.name(served.key, in: state.keys), default: Total()].add(served, sign: sign)
            if sign < 0 {
                state.entries.removeAll { $0.id == served.id }
            } else if capacity > 0 {
                state.entries.append(served)
                if state.entries.count >= capacity * 2 { state.entries.removeFirst(capacity) }
            }
        }
    }

    /// The name that a sum is kept under. From 10,000 names on, all others share one sum, so that the ledger stays
    /// bounded.
    private static func name(_ name: String, in totals: [String: Total]) -> String {
        totals.count < 10_000 || totals[name] != nil ? name : "others"
    }

    package var entries: [Served] { state.withLock { $0.entries.suffix(capacity) } }
    package var total: Total { state.withLock { $0.all } }
    package var unfinished: Int { state.withLock { $0.unfinished } }
    package func total(model: String) -> Total { state.withLock { $0.models[model] ?? Total() } }
    package func total(key: String) -> Total { state.withLock { $0.keys[key] ?? Total() } }

    package func reset() { state.withLock { $0 = State() } }

    var json: JSON {
        let state = state.withLock { $0 }
        func sums(_ totals: [String: Total]) -> JSON {
            var object = JSONObject()
            for (name, total) in totals.sorted(by: { $0.key < $1.key }) { object.append(name, total.json) }
            return .object(object)
        }
        return [
            "total": state.all.json, "unfinished": .int(state.unfinished), "models": sums(state.models),
            "keys": sums(state.keys), "entries": .array(state.entries.suffix(capacity).map(\.json)),
        ]
    }
}

extension TokenLedger.Total {
    var json: JSON {
        [
            "answers": .int(answers), "prompt_tokens": .int(promptTokens),
            "completion_tokens": .int(completionTokens), "cached_tokens": .int(cachedTokens),
        ]
    }
}

extension Served {
    var json: JSON {
        var object: JSONObject = [
            "id": .string(id), "model": .string(model), "key": .string(key), "prompt_tokens": .int(promptTokens),
            "completion_tokens": .int(completionTokens), "cached_tokens": .int(cachedTokens),
        ]
        if !tellsUsage { object["tells_usage"] = false }
        return .object(object)
    }
}
