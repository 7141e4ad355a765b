import TestTraits
import Testing

@testable import HTTP

/// Events in any order, as hostile clients and unlucky timing may bring them.
@Suite(.inTurn) struct ConnectionOrderTests {
    /// A connection, and counts of what its owner was told to do.
    private struct Run {
        var machine = Machine.at(.idle)
        var now: UInt64 = 0
        var closes = 0
        var cancels = 0
        var isRunning = false

        mutating func note(_ actions: ConnectionActions) {
            if !actions.isDisjoint(with: [.close, .reset]) { closes += 1 }
            if actions.contains(.cancelRequest) { cancels += 1 }
        }

        mutating func step(_ random: inout SystemRandomNumberGenerator) {
            now += UInt64.random(in: 0..<20_000_000_000, using: &random)
            switch Int.random(in: 0..<10, using: &random) {
            case 0, 1:
                let bits: [Readiness] = [.readable, .writable, .halfClosed, .gone]
                note(machine.ready(bits.randomElement(using: &random) ?? .gone, at: now))
            case 2: note(machine.tick(at: now))
            case 3: machine.didRead(100, isDrained: Bool.random(using: &random), at: now)
            case 4 where isRunning: machine.writeBlocked(at: now)
            case 5 where Int.random(in: 0..<4, using: &random) == 0: note(machine.drain())
            case 6 where Int.random(in: 0..<4, using: &random) == 0: note(machine.drainLimitReached())
            case 7 where Int.random(in: 0..<8, using: &random) == 0: note(machine.cut())
            default: serve(&random)
            }
        }

        /// The next step of the task that serves requests.
        private mutating func serve(_ random: inout SystemRandomNumberGenerator) {
            if !isRunning {
                guard machine.phase == .idle || machine.phase == .head else { return }
                machine.headBegan(at: now)
                machine.requestBegan(Machine.head(Bool.random(using: &random) ? .none : .length(50)))
                (isRunning, cancels) = (true, machine.cancellation == nil ? 0 : 1)
            } else if machine.phase == .body {
                if Bool.random(using: &random) { machine.bodyEnded() } else { machine.bodyBroken() }
            } else if !machine.isBodyRead, !machine.hasAnswered, Bool.random(using: &random) {
                try? machine.bodyBegan(at: now)
            } else {
                _ = machine.answerBegan()
                isRunning = false
                switch machine.requestEnded(hasInput: Bool.random(using: &random)) {
                case .nextRequest, .discard: machine.awaitHead(hasInput: false, at: now)
                case .linger: machine.lingerBegan(at: now)
                case .close: note(machine.close(reset: false))
                }
            }
        }
    }

    @Test("closes once, cancels a request once, and asks for nothing after the end")
    func anyOrder() {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<3000 {
            var run = Run()
            for _ in 0..<80 { run.step(&random) }
            #expect(run.closes <= 1 && run.cancels <= 1)
            #expect((run.machine.phase == .closed) == (run.closes == 1))
            guard run.closes == 1 else { continue }
            #expect(run.machine.readStep == .stop && run.machine.writeStep == .stop)
        }
    }
}
