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

    @Test("a body that nobody reads is waited for while it comes, a second at a time and thirty in all")
    func unwantedBody() {
        for head in [Machine.head(.length(9)), Machine.head(.chunked), Machine.head(.length(9), keepsAlive: false)] {
            var machine = Machine.at(.handling, head)
            #expect(machine.unwantedBodyBegan(at: 0) == true)
            for tenth in 1..<299 {
                machine.didRead(1000, isDrained: true, at: Machine.second(Double(tenth) / 10))
                #expect(machine.tick(at: Machine.second(Double(tenth) / 10 + 0.05)) == [])
            }
            var other = machine
            #expect(other.tick(at: Machine.second(30.1)) == .wakeReader)
            #expect(other.readStep == .stop)
            other.unwantedBodyEnded(isWhole: false)
            #expect(!other.isBodyRead && !other.hasTimedOut)
            machine.unwantedBodyEnded(isWhole: true)
            #expect(machine.answerBegan() == !head.keepsAlive)
            #expect(machine.requestEnded(hasInput: false) == (head.keepsAlive ? .nextRequest : .close))
        }
        var paused = Machine.at(.handling)
        #expect(paused.unwantedBodyBegan(at: 0) == true)
        #expect(paused.tick(at: Machine.second(0.9)) == [])
        #expect(paused.tick(at: Machine.second(1)) == .wakeReader)
    }

    @Test("what is broken, was read or waits for 100 Continue is not read away")
    func notReadAway() {
        var machine = Machine.at(.handling, Machine.head())
        #expect(machine.unwantedBodyBegan(at: 0) == false)
        machine = Machine.at(.handling, Machine.head(.length(9), expectsContinue: true))
        #expect(machine.unwantedBodyBegan(at: 0) == false)
        machine = Machine.at(.body)
        machine.bodyBroken()
        #expect(machine.unwantedBodyBegan(at: 0) == false)
        #expect(machine.answerBegan() == true)
        #expect(machine.requestEnded(hasInput: false) == .linger)
        machine = Machine.at(.handling)
        machine.headRefused()
        #expect(machine.unwantedBodyBegan(at: 0) == false)
        machine = Machine.at(.handling)
        _ = machine.drainLimitReached()
        #expect(machine.unwantedBodyBegan(at: 0) == false)
        machine = Machine.at(.body)
        machine.bodyRefused()
        #expect(machine.unwantedBodyBegan(at: 0) == true)
    }

    @Test("a connection that closes reads away with pauses of two seconds, ten in all")
    func lingers() {
        var machine = Machine.at(.lingering)
        for second in 1..<9 {
            machine.didRead(1000, isDrained: true, at: Machine.second(Double(second)))
            #expect(machine.tick(at: Machine.second(Double(second) + 0.9)) == [])
        }
        machine.didRead(1000, isDrained: true, at: Machine.second(9.5))
        #expect(machine.tick(at: Machine.second(9.9)) == [])
        #expect(machine.tick(at: Machine.second(10.1)) == [.close, .wakeReader, .wakeWriter])
    }

    @Test("a body is not begun for a request that is given up, and ends in the middle when it is")
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
