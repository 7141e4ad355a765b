/// Why a case did not pass, or with what remark it did.
enum Verdict: Error {
    /// Something did not come through, one way or the other.
    case lost(String)
    /// The target said that its provider cannot do it: an honest 400 that names the field.
    case refused(String)
    /// A value that does not change the answer's meaning was left out.
    case dropped(String)
    /// The upstream has no such thing to lose.
    case absent(String)
    /// The target's own usage is not what the upstream served.
    case billed(String)
    /// It came through in a well-known shape that is not OpenAI's own.
    case dialect(String)
    /// The target answered with an error and did not ask the upstream. It may have put its channel to rest after an earlier
    /// failure.
    case resting(Reply)
}
