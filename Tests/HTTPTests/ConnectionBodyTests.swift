import TestTraits
import Testing

@testable import HTTP

/// How much time a connection gives to a body, and what ends the body earlier.
@Suite(.inTurn) struct ConnectionBodyTests {
    @Test("a body may pause for a time, and in total has a base time and a second for each thousand bytes")
    func bodyTime() {
        var machine = Machine.at(.body)
        // A byte every 20 s: no pause is too long, but the total time is.
        for second in [20.0, 40] {
            #expect(machine.tick(at: Machine.second(second)) == [])
            machine.didRead(1, isDrained: true, at: Machine.second(second))
        }
        #expect(machine.tick(at: Machine.second(59.9)) == [])
        #expect(machine.tick(at: Machine.second(60.1)) == .wakeReader)
        #expect(machine.readStep == .stop && machine.bodyFailure == .timedOut)
        machine = Machine.at(.body)
        for second in 1..<200 {
            machine.didRead(1000, isDrained: true, at: Machine.second(Double(second)))
            #expect(machine.tick(at: Machine.second(Double(second) + 0.9)) == [])
        }
        #expect(machine.tick(at: Machine.second(228.9)) == [])
        #expect(machine.tick(at: Machine.second(229.1)) == .wakeReader)
    }

    @Test("without a least rate only a pause ends a body")
    func bodyWithoutRate() {
        var limits = Machine.limits
        limits.body.rate = 0
        var machine = ConnectionStateMachine(limits: limits)
        machine.requestBegan(Machine.head(.length(100)))
        try? machine.bodyBegan(at: 0)
        for second in stride(from: 20.0, to: 2000, by: 20) {
            machine.didRead(1, isDrained: true, at: Machine.second(second))
            #expect(machine.tick(at: Machine.second(second + 19)) == [])
        }
    }

    @Test("limits that are too large to add up do not limit")
    func hugeLimits() {
        var limits = Machine.limits
        (limits.body.pause, limits.body.total, limits.head) = (.max, .max, .max)
        var machine = ConnectionStateMachine(limits: limits)
        machine.headBegan(at: Machine.second(5))
        #expect(machine.tick(at: .max - 1) == [])
        machine.requestBegan(Machine.head(.length(1)))
        try? machine.bodyBegan(at: Machine.second(5))
        machine.didRead(.max, isDrained: true, at: .max - 2)
        machine.didRead(.max, isDrained: true, at: .max - 2)
        #expect(machine.tick(at: .max - 1) == [])
    }

    @Test("a body does not begin for a cancelled request, and ends in the middle if its request is cancelled")
    func cancelledBody() {
        var machine = Machine.at(.handling)
        _ = machine.drainLimitReached()
        #expect(throws: BodyError.shuttingDown) { try machine.bodyBegan(at: 0) }
        machine = Machine.at(.handling)
        _ = machine.ready(.gone, at: 0)
        #expect(throws: BodyError.disconnected) { try machine.bodyBegan(at: 0) }
        machine = Machine.at(.body)
        _ = machine.ready(.readable, at: 0)
        #expect(machine.readStep == .transfer)
        _ = machine.drainLimitReached()
        #expect(machine.readStep == .stop && machine.bodyFailure == .shuttingDown)
        machine.bodyBroken()
        #expect(machine.answerBegan() == true)
        #expect(machine.requestEnded(hasInput: false) == .linger)
    }
}
