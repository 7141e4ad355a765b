import EventLoop

@testable import HTTP

/// A connection's state machine with distinct limits, in seconds, and requests for it.
enum Machine {
    static func second(_ seconds: Double) -> UInt64 { UInt64(seconds * 1e9) }

    static var limits: ConnectionLimits {
        var configuration = ServerConfiguration()
        configuration.keepAliveTimeout = .seconds(75)
        configuration.headTimeout = .seconds(20)
        configuration.bodyTimeout = .seconds(30)
        configuration.bodyBaseTime = .seconds(60)
        configuration.bodyLeastRate = 1000
        configuration.writeTimeout = .seconds(120)
        configuration.answerBaseTime = .seconds(200)
        configuration.answerLeastRate = 1000
        configuration.lingerTime = .seconds(2)
        configuration.halfCloseProbeDelay = .milliseconds(500)
        configuration.halfCloseProbeInterval = .seconds(15)
        return ConnectionLimits(configuration)
    }

    static func head(
        _ framing: BodyFraming = .none, keepsAlive: Bool = true, isHTTP11: Bool = true, expectsContinue: Bool = false
    ) -> RequestHead {
        RequestHead(
            method: .post, path: "/", query: "", headers: HTTPHeaders(), isHTTP11: isHTTP11, framing: framing,
            keepsAlive: keepsAlive, expectsContinue: expectsContinue)
    }

    /// Where a connection is when an event comes.
    enum Place: CaseIterable { case idle, head, handling, body, answering, blocked, lingering, closed }

    /// A machine at this place, at second 0, with its socket drained.
    static func at(_ place: Place, _ head: RequestHead = head(.length(100))) -> ConnectionStateMachine {
        var machine = ConnectionStateMachine(limits: limits)
        machine.awaitHead(hasInput: false, at: 0)
        machine.didFindNothing()
        if place == .idle { return machine }
        machine.headBegan(at: 0)
        switch place {
        case .idle, .head: break
        case .handling: machine.requestBegan(head)
        case .body:
            machine.requestBegan(head)
            try? machine.bodyBegan(at: 0)
        case .answering, .blocked:
            machine.requestBegan(head)
            try? machine.bodyBegan(at: 0)
            machine.bodyEnded()
            _ = machine.answerBegan()
            if place == .blocked { machine.writeBlocked(at: 0) }
        case .lingering:
            machine.headRefused()
            machine.lingerBegan(at: 0)
        case .closed: _ = machine.close(reset: false)
        }
        return machine
    }
}
