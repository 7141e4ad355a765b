import EventLoop
package import HTTP
import JSON
package import MockKit

/// Runs cases against a target, one after another. Each case tells the mock what to say and asks the target. Then it
/// compares what the client got with what the mock said, and what the upstream got with what the client sent.
package struct Judge: Sendable {
    let target: Target
    /// Where the requests go: to the target, or for the baseline to the upstream itself.
    let endpoint: Endpoint
    let mock: MockServer
    /// Where the target finds the mock, such as `http://127.0.0.1:8400`.
    let address: String
    let transport: any Transport
    /// The beginning of everything that the mock says. It is new for each run, so only answers of this mock contain it.
    let mark: String
    let evidence = Evidence()
    /// The names that an honest refusal of the current case may use.
    private(set) var fields: [String] = []
    /// Whether the target is known not to rest its channel, so that an error without an upstream call is the target's
    /// own.
    private(set) var knowsTargetIsAwake = false
    var limits = TransportLimits(connect: .seconds(5), firstByte: .seconds(20), total: .seconds(30))
    /// How long to wait for a target that rests its channel.
    let patience: Duration

    /// The names of the cases, in the order in which they run.
    package static var caseNames: [String] { Case.all.map(\.name) }

    package init(
        target: Target, mock: MockServer, address: String, transport: any Transport, patience: Duration = .seconds(150)
    ) {
        self.init(
            target: target, endpoint: target.endpoint, mock: mock, address: address, transport: transport,
            mark: "mark-\(UInt32.random(in: 0...UInt32.max)).", patience: patience)
    }

    private init(
        target: Target, endpoint: Endpoint, mock: MockServer, address: String, transport: any Transport, mark: String,
        patience: Duration
    ) {
        self.target = target
        self.endpoint = endpoint
        self.mock = mock
        self.address = address
        self.transport = transport
        self.mark = mark
        self.patience = patience
    }

    /// Runs the cases whose name contains one of `only`, or all if that is empty. Must be called on an event loop.
    /// - Parameters:
    ///   - expected: names of the cases that are known to fail.
    ///   - onRow: called with each result as it comes.
    package func run(
        only: [String] = [], expected: Set<String> = [], onRow: (Report.Row) -> Void = { _ in }
    ) async -> Report {
        var report = Report(target: target)
        let chosen = Case.all.filter { one in only.isEmpty || only.contains { one.name.contains($0) } }
        // The first call may fetch an access token, which must not use up a case's script. It also shows the upstream's
        // path.
        _ = try? await send(chat("Hello."), to: "/chat/completions")
        let baseline = self.baseline()
        for one in chosen {
            let start = ContinuousClock.now
            var outcome = await outcome(of: one)
            let exchanges = evidence.take()
            if outcome.isFailure, let baseline, let limit = await baseline.limit(of: one) { outcome = .limit(limit) }
            let row = Report.Row(
                name: one.name, outcome: outcome, duration: ContinuousClock.now - start,
                isExpected: expected.contains(one.name), exchanges: exchanges)
            report.add(row)
            onRow(row)
        }
        mock.reset()
        report.targetVersion = evidence.targetVersion
        return report
    }

    // MARK: One case

    private func outcome(of one: Case) async -> Report.Outcome {
        var judge = self
        judge.fields = one.fields
        for _ in 0..<4 {
            do throws(Verdict) {
                mock.reset()
                mock.setStanding(Case.script { $0.opening = mark })
                _ = evidence.take()
                try await one.run(judge)
                // A target that does not ask the upstream proves nothing.
                guard hasAskedUpstream else { return .lost("the target answered, and did not ask the upstream") }
                return .passed
            } catch {
                guard case .resting(let reply) = error else { return Report.Outcome(error) }
                switch await waitForTarget() {
                case .isAwake: judge.knowsTargetIsAwake = true
                case .wasResting: continue
                case .rests:
                    return .lost(
                        "the target rests its channel for longer than \(patience) after an earlier failure: status "
                            + "\(reply.status): \(reply.text.shortened())")
                }
            }
        }
        return .lost("the target rests its channel each time that the case is tried")
    }

    private enum Rest { case isAwake, wasResting, rests }

    /// Sends plain questions until the target asks the upstream again.
    private func waitForTarget() async -> Rest {
        let end = ContinuousClock.now + patience
        var pause = Duration.milliseconds(500)
        var isFirst = true
        while ContinuousClock.now < end {
            mock.reset()
            let reply = try? await send(chat("Hello."), to: "/chat/completions")
            if reply?.status == 200, hasAskedUpstream { return isFirst ? .isAwake : .wasResting }
            isFirst = false
            await EventLoop.current?.sleep(for: pause)
            pause = min(pause * 2, .seconds(5))
        }
        return .rests
    }

    // MARK: Baseline

    /// A judge that asks the upstream without the target, if the upstream speaks OpenAI's format. What fails there too
    /// is a limit of the provider. `nil` if it speaks another format, or if the target is that upstream.
    private func baseline() -> Judge? {
        let path = "/chat/completions"
        guard let entry = mock.journal.entries.last(where: { $0.path.hasSuffix(path) }) else { return nil }
        var headers = HTTPHeaders()
        for name in ["authorization", "api-key"] {
            if let value = entry.headers[name] { headers.add(name, value) }
        }
        let found = Endpoint(
            root: address + entry.path.dropLast(path.count), query: entry.query.isEmpty ? "" : "?" + entry.query,
            headers: headers)
        guard found.root != endpoint.root else { return nil }
        var upstream = target
        if let model = entry.model { upstream.model = model }
        return Judge(
            target: upstream, endpoint: found, mock: mock, address: address, transport: transport, mark: mark,
            patience: .zero)
    }

    /// - Returns: why the case fails without the target; `nil` if it passes.
    private func limit(of one: Case) async -> String? {
        switch await outcome(of: one) {
        case .passed, .dialect, .absent, .limit: nil
        case .lost(let what), .refused(let what), .dropped(let what), .billed(let what):
            "without a gateway: \(what)"
        }
    }
}
