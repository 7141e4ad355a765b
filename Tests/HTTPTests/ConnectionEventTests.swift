import TestTraits
import Testing

@testable import HTTP

/// What a connection does for each event in each state.
@Suite(.inTurn) struct ConnectionEventTests {
    struct Case: CustomTestStringConvertible, Sendable {
        let place: Machine.Place
        let name: String
        let event: @Sendable (inout ConnectionStateMachine) -> ConnectionActions
        let expected: ConnectionActions
        var testDescription: String { "\(name) in \(place)" }
    }

    private static func table(
        _ name: String, _ event: @escaping @Sendable (inout ConnectionStateMachine) -> ConnectionActions,
        _ expected: [Machine.Place: ConnectionActions]
    ) -> [Case] {
        Machine.Place.allCases.map { Case(place: $0, name: name, event: event, expected: expected[$0] ?? []) }
    }

    private static func all(_ actions: ConnectionActions) -> [Machine.Place: ConnectionActions] {
        Dictionary(uniqueKeysWithValues: Machine.Place.allCases.filter { $0 != .closed }.map { ($0, actions) })
    }

    private static let gone: [Machine.Place: ConnectionActions] = {
        let idle: ConnectionActions = [.wakeReader, .wakeWriter]
        let busy: ConnectionActions = [.wakeReader, .wakeWriter, .cancelRequest]
        return [
            .idle: idle, .head: idle, .lingering: idle, .handling: busy, .body: busy, .answering: busy, .blocked: busy,
        ]
    }()
    private static let shut: ConnectionActions = [.close, .wakeReader, .wakeWriter]

    static let cases: [Case] =
        table("bytes", { $0.ready(.readable, at: 1) }, all(.wakeReader))
        + table("room", { $0.ready(.writable, at: 1) }, all(.wakeWriter))
        + table("FIN", { $0.ready(.halfClosed, at: 1) }, all(.wakeReader))
        + table("RST", { $0.ready([.readable, .halfClosed, .gone], at: 1) }, gone)
        + table(
            "RST twice",
            {
                _ = $0.ready(.gone, at: 1)
                return $0.ready(.gone, at: 1).intersection(.cancelRequest)
            }, [:])
        + table("a failed read", { $0.didFail() }, gone.merging([.closed: [.wakeReader, .wakeWriter]]) { $1 })
        + table("a failed write", { $0.writeFailed() }, gone.merging([.closed: [.wakeReader, .wakeWriter]]) { $1 })
        + table("a drain", { $0.drain() }, [.idle: shut, .lingering: shut])
        + table(
            "the drain's limit", { $0.drainLimitReached() },
            [
                .idle: shut, .head: shut, .lingering: shut, .handling: [.cancelRequest, .wakeReader],
                .body: [.cancelRequest, .wakeReader], .answering: [.cancelRequest, .wakeReader],
                .blocked: [.cancelRequest, .wakeReader],
            ])
        + table(
            "a cut", { $0.cut() },
            gone.mapValues { $0.union(.reset) })
        + table("the handler's reset", { $0.close(reset: true) }, all([.reset, .wakeReader, .wakeWriter]))
        + table(
            "1.9 s", { $0.tick(at: Machine.second(1.9)) }, [:])
        + table("2 s", { $0.tick(at: Machine.second(2)) }, [.lingering: shut])
        + table("20 s", { $0.tick(at: Machine.second(20)) }, [.lingering: shut, .head: .wakeReader])
        + table(
            "30 s", { $0.tick(at: Machine.second(30)) }, [.lingering: shut, .head: .wakeReader, .body: .wakeReader])
        + table(
            "75 s", { $0.tick(at: Machine.second(75)) },
            [.lingering: shut, .head: .wakeReader, .body: .wakeReader, .idle: shut])
        + table(
            "120 s", { $0.tick(at: Machine.second(120)) },
            [
                .lingering: shut, .head: .wakeReader, .body: .wakeReader, .idle: shut,
                .blocked: [.wakeReader, .wakeWriter, .cancelRequest],
            ])

    @Test("does what the table says", arguments: cases)
    func event(_ one: Case) {
        var machine = Machine.at(one.place)
        #expect(one.event(&machine) == one.expected)
        if !one.expected.isDisjoint(with: [.close, .reset]) { #expect(machine.phase == .closed && machine.isGone) }
    }

    @Test("tells the handler once, and keeps the first reason")
    func firstReason() {
        var machine = Machine.at(.handling)
        #expect(machine.drainLimitReached() == [.cancelRequest, .wakeReader])
        #expect(machine.ready(.gone, at: 1) == [.wakeReader, .wakeWriter])
        #expect(machine.cancellation == .shuttingDown && machine.isGone)
        machine = Machine.at(.handling)
        _ = machine.ready(.gone, at: 1)
        #expect(machine.drainLimitReached() == .wakeReader)
        #expect(machine.cancellation == .clientGone)
    }

    @Test("a request from a client that has already left is cancelled at once, and the next one begins afresh")
    func cancelledFromBeginning() {
        var machine = Machine.at(.idle)
        _ = machine.ready(.gone, at: 1)
        machine.requestBegan(Machine.head())
        #expect(machine.cancellation == .clientGone)
        machine = Machine.at(.handling, Machine.head())
        _ = machine.answerBegan()
        #expect(machine.requestEnded(hasInput: false) == .nextRequest)
        machine.requestBegan(Machine.head())
        #expect(machine.cancellation == nil && !machine.hasAnswered)
        #expect(machine.ready(.gone, at: 1) == [.wakeReader, .wakeWriter, .cancelRequest])
    }

    @Test("a write that makes progress is not late, and one that stops again has its whole time")
    func blockedAgain() {
        var machine = Machine.at(.blocked)
        #expect(machine.writeStep == .wait)
        #expect(machine.ready(.writable, at: Machine.second(100)) == .wakeWriter)
        #expect(machine.writeStep == .transfer)
        machine.didWrite(100_000)
        #expect(machine.tick(at: Machine.second(130)) == [])
        machine.writeBlocked(at: Machine.second(130))
        #expect(machine.tick(at: Machine.second(249)) == [])
        #expect(machine.tick(at: Machine.second(250)) == [.wakeReader, .wakeWriter, .cancelRequest])
        #expect(machine.writeStep == .stop)
    }
}
