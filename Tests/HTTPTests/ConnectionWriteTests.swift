import TestTraits
import Testing

@testable import HTTP

/// How much time a connection gives to a client that reads its answer.
@Suite(.inTurn) struct ConnectionWriteTests {
    private static let gone: ConnectionActions = [.wakeReader, .wakeWriter, .cancelRequest]

    /// The client reads some bytes and then stops.
    private func take(_ count: Int, _ machine: inout ConnectionStateMachine, at second: Double) {
        _ = machine.ready(.writable, at: Machine.second(second))
        machine.didWrite(count)
        machine.writeBlocked(at: Machine.second(second))
    }

    @Test("a client that reads single bytes is reset after its answer's total time, although no pause is too long")
    func trickle() {
        var machine = Machine.at(.blocked)
        for second in [50.0, 100, 150, 199] {
            take(1, &machine, at: second)
            #expect(machine.tick(at: Machine.second(second)) == [])
        }
        #expect(machine.tick(at: Machine.second(199.9)) == [])
        #expect(machine.tick(at: Machine.second(200.1)) == Self.gone)
        #expect(machine.writeStep == .stop)
        machine.writeEnded()
        #expect(machine.requestEnded(hasInput: false) == .close)
        #expect(machine.close(reset: false).contains(.reset))
    }

    @Test("a slow client gets another second for each thousand bytes that it reads")
    func bySize() {
        var machine = Machine.at(.blocked)
        for second in 1..<400 {
            take(1000, &machine, at: Double(second))
            #expect(machine.tick(at: Machine.second(Double(second) + 0.9)) == [])
        }
        // It has read nothing since, so the pause ends it, 120 s after the last bytes.
        #expect(machine.tick(at: Machine.second(518.9)) == [])
        #expect(machine.tick(at: Machine.second(519.1)) == Self.gone)
    }

    @Test("each piece of a stream has its own time")
    func pieces() {
        var machine = Machine.at(.blocked)
        for second in stride(from: 100.0, to: 2000, by: 100) {
            #expect(machine.tick(at: Machine.second(second)) == [])
            _ = machine.ready(.writable, at: Machine.second(second))
            machine.didWrite(1)
            machine.writeEnded()
            machine.writeBlocked(at: Machine.second(second))
        }
    }

    @Test("without a least rate only a pause ends an answer, and a client that left is not reset")
    func withoutRate() {
        var limits = Machine.limits
        limits.answer.rate = 0
        var machine = ConnectionStateMachine(limits: limits)
        machine.requestBegan(Machine.head())
        _ = machine.answerBegan()
        for second in stride(from: 0.0, to: 2000, by: 100) {
            take(1, &machine, at: second)
            #expect(machine.tick(at: Machine.second(second + 99)) == [])
        }
        _ = machine.ready(.gone, at: Machine.second(2000))
        #expect(machine.close(reset: false).isDisjoint(with: .reset))
    }
}
