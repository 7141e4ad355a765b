/// Why a case did not pass, or passed with a remark.
enum Verdict: Error {
    /// Something was lost on the way to the upstream or to the client.
    case lost(String)
    /// The target refused with a 400 that names the field which its provider cannot express.
    case refused(String)
    /// A value was dropped that does not change the answer's meaning.
    case dropped(String)
    /// The upstream has no such feature, so nothing can be lost.
    case absent(String)
    /// The target's usage differs from what the upstream served.
    case billed(String)
    /// It arrived in a well-known shape that is not OpenAI's own.
    case dialect(String)
    /// The target answered with an error and did not ask the upstream. It may rest its channel after an earlier
    /// failure.
    case resting(Reply)
}
