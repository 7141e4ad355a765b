extension Claude {
    /// The rules between turns (spec/wire/anthropic.md §4 and §9, 14 to 23).
    struct TurnCheck {
        let turns: [Turn]
        /// Requires that roles alternate and that one message answers all calls.
        let isStrict: Bool

        func run() throws(Failure) {
            if let first = turns.first, first.role == "assistant" {
                throw .at("messages", "first message must use the \"user\" role")
            }
            try checkIDs()
            let latest = turns.lastIndex { $0.role == "assistant" }
            for (place, turn) in turns.enumerated() {
                try checkResults(turn, after: place > 0 ? turns[place - 1] : nil)
                try checkCalls(turn, before: place + 1 < turns.count ? turns[place + 1] : nil)
                try checkSeals(turn, isLatest: latest == place)
            }
            if let last = turns.last, last.role == "assistant", let end = last.lastText?.utf8.last, end <= 0x20 {
                throw .at("messages", "final assistant content cannot end with trailing whitespace")
            }
        }

        private func checkIDs() throws(Failure) {
            var seen: Set<String> = []
            for turn in turns {
                for call in turn.calls where !seen.insert(call.id).inserted {
                    throw .at(call.path, "`tool_use` ids must be unique")
                }
            }
        }

        private func checkResults(_ turn: Turn, after previous: Turn?) throws(Failure) {
            let calls = Set((previous?.calls ?? []).map(\.id))
            for result in turn.results where !calls.contains(result.id) { throw .orphan(result.path, result.id) }
        }

        /// Requires that tool results stand before all other blocks of the user's message.
        private func checkCalls(_ turn: Turn, before next: Turn?) throws(Failure) {
            let answered = Set((next?.results ?? []).filter(\.isInFront).map(\.id))
            let open = turn.calls.map(\.id).filter { !answered.contains($0) }
            if !open.isEmpty { throw .unanswered("messages.\(turn.message)", open) }
        }

        private func checkSeals(_ turn: Turn, isLatest: Bool) throws(Failure) {
            for (verdict, place) in turn.seals {
                switch verdict {
                case .genuine: continue
                case .modified where isLatest: throw .modified(place.path)
                default: throw .forged(place.path, block: place.type)
                }
            }
        }
    }
}
