import Arithmetic
import Chat
import JSON

/// The most tokens that an answer can have cost. It limits the usage that a faulty or lying upstream reports. The
/// bounds are wide, so that no honest usage is cut:
///
/// - A token has at least one byte, so the bytes received bound the output. Output that nobody sees comes on top:
///   hidden thoughts, pictures and sounds by address, and rejected predictions. For it each answer is allowed
///   `hiddenOutput` and the client's `max_tokens`.
/// - The bytes sent bound the input. Input that the upstream adds comes on top: its own prompts (`hiddenInput`), and
///   what a picture, a sound, a file, a search or its own tools bring in.
struct UsageBound: Equatable {
    /// Output without visible bytes: as much as the longest answer of any model.
    static let hiddenOutput: Int64 = 1 << 18
    /// Input that an upstream may add to a plain prompt.
    static let hiddenInput: Int64 = 1 << 17
    /// The most tokens of one picture or sound, whatever its size.
    static let medium: Int64 = 1 << 16
    /// The most that files, searches and an upstream's own tools can add to a prompt: two of the largest context
    /// windows.
    static let foreign: Int64 = 1 << 22
    /// Larger bodies are not parsed. They are allowed `foreign`, as if they had files and searches.
    private static let readableBody = 1 << 20

    var prompt: Int64
    var completion: Int64

    /// The bound of a chat.
    /// - Parameters:
    ///   - received: the number of bytes of the answer.
    ///   - limit: the most output that the client allows for all answers together.
    static func chat(
        _ usage: Usage, body: [UInt8], systemPrompt: String?, received: Int64, answers: Int64, limit: Int64?
    ) -> UsageBound {
        let hidden = hiddenOutput.times(max(1, answers))
        // Some limits are longer than any answer.
        var completion = received.plus(min(limit ?? 0, hidden))
        // Some vendors do not count thoughts towards the limit; others have no limit that a client can set.
        if limit == nil || usage.reasoningTokens > 0 {
            completion = completion.plus(hidden)
        }
        if usage.rejectedPredictionTokens > 0 { completion = completion.plus(Int64(body.count)) }
        // Some vendors send the prompt to the model once for each answer.
        let sent = Int64(body.count).plus(Int64(systemPrompt?.utf8.count ?? 0)).plus(hiddenInput)
            .times(max(1, answers))
        // The body is parsed only if the simple bound is not enough.
        let prompt = usage.promptTokens <= sent ? sent : sent.plus(brought(into: body).times(max(1, answers)))
        return UsageBound(prompt: prompt, completion: completion)
    }

    /// How many tokens a prompt's parts and options may add.
    private static func brought(into body: [UInt8]) -> Int64 {
        guard body.count <= readableBody, let root = (try? JSON.parse(body))?.object else { return foreign }
        for member in root.members where !plainMembers.contains(member.key) { return foreign }
        for tool in root["tools"]?.array ?? [] where tool["type"].map({ $0.string != "function" }) ?? false {
            return foreign
        }
        var sum: Int64 = 0
        for message in root["messages"]?.array ?? [] {
            for part in message["content"]?.array ?? [] {
                switch part["type"]?.string {
                case "text", "refusal": break
                case "image_url", "image", "input_audio": sum = sum.plus(medium)
                default: return foreign
                }
            }
            sum = sum.plus(medium.times(Int64(clamping: message["images"]?.array?.count ?? 0)))
            // It refers to an earlier answer that the upstream has stored.
            if let audio = message["audio"], !audio.isNull { sum = sum.plus(medium) }
        }
        return sum
    }

    /// Members of a chat that add nothing but themselves to the prompt.
    private static let plainMembers: Set<String> = [
        "audio", "frequency_penalty", "function_call", "functions", "logit_bias", "logprobs", "max_completion_tokens",
        "max_tokens", "messages", "metadata", "modalities", "model", "n", "parallel_tool_calls", "prediction",
        "presence_penalty", "prompt_cache_key", "prompt_cache_retention", "reasoning_effort", "response_format",
        "safety_identifier", "seed", "service_tier", "stop", "store", "stream", "stream_options", "temperature",
        "thinking", "tool_choice", "tools", "top_k", "top_logprobs", "top_p", "user", "verbosity",
    ]

    /// The bound of an embedding or a moderation. They have no output.
    static func question(body: [UInt8]) -> UsageBound {
        UsageBound(prompt: Int64(body.count).plus(hiddenInput), completion: 0)
    }

    /// The bound of a request for pictures. Each picture may have `PaintedTokens.most` tokens besides the received
    /// bytes.
    static func pictures(_ asked: ImageRequest, body: [UInt8], received: Int64) -> UsageBound {
        UsageBound(
            prompt: Int64(body.count).plus(hiddenInput),
            completion: received.plus(max(1, asked.count ?? 1).times(PaintedTokens.most)))
    }

    /// The usage, limited to the bound.
    /// - Returns: `nil` if the usage is within the bound.
    func cut(_ usage: Usage) -> Usage? {
        guard usage.promptTokens > prompt || usage.completionTokens > completion else { return nil }
        var cut = usage
        cut.promptTokens = min(usage.promptTokens, prompt)
        cut.completionTokens = min(usage.completionTokens, completion)
        return cut
    }
}
