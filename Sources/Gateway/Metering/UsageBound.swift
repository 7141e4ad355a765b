import Arithmetic
import Chat
import JSON

/// The most tokens that an answer can have cost, so that an upstream that lies, or has a fault, is not believed without
/// end. The bounds are wide, since no honest usage may be cut:
///
/// - A token has at least one byte. What came back bounds the output, besides what nobody sees: thoughts that stay
///   hidden, pictures and sounds by address, predictions that did not come true. Of these the client's `max_tokens`
///   and `hiddenOutput` are allowed for, per answer.
/// - What was sent bounds the input, besides what an upstream adds: its own prompts, what it knows of its own accord
///   (`hiddenInput`), and whatever a picture, a sound, a file, a search or a tool of its own leads to.
struct UsageBound: Equatable {
    /// Output that no byte of the answer shows: as long as the longest answer that any model gives.
    static let hiddenOutput: Int64 = 1 << 18
    /// Input that an upstream adds to a prompt which asks for nothing of the kind.
    static let hiddenInput: Int64 = 1 << 17
    /// What one picture, sound or the like can come to, whatever its bytes.
    static let medium: Int64 = 1 << 16
    /// What files, searches and an upstream's own tools can bring into a prompt: two of the largest context windows.
    static let foreign: Int64 = 1 << 22
    /// A larger body is not looked into: files and searches are allowed for.
    private static let readableBody = 1 << 20

    var prompt: Int64
    var completion: Int64

    /// A chat's.
    /// - Parameters:
    ///   - received: bytes of the answer.
    ///   - limit: what the client allows of output, of all answers together.
    static func chat(
        _ usage: Usage, body: [UInt8], systemPrompt: String?, received: Int64, answers: Int64, limit: Int64?
    ) -> UsageBound {
        let hidden = hiddenOutput.times(max(1, answers))
        // No answer is as long as some limits are.
        var completion = received.plus(min(limit ?? 0, hidden))
        // Some vendors count thoughts apart from the limit; others let no client set one.
        if limit == nil || usage.reasoningTokens > 0 {
            completion = completion.plus(hidden)
        }
        if usage.rejectedPredictionTokens > 0 { completion = completion.plus(Int64(body.count)) }
        // Some ask a model once for each answer.
        let sent = Int64(body.count).plus(Int64(systemPrompt?.utf8.count ?? 0)).plus(hiddenInput)
            .times(max(1, answers))
        // Looked into only where the simple bound does not do.
        let prompt = usage.promptTokens <= sent ? sent : sent.plus(brought(into: body).times(max(1, answers)))
        return UsageBound(prompt: prompt, completion: completion)
    }

    /// What a prompt's parts and options may lead to.
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
            // An answer of before, kept with the upstream.
            if let audio = message["audio"], !audio.isNull { sum = sum.plus(medium) }
        }
        return sum
    }

    /// Members of a chat that bring nothing into the prompt but themselves.
    private static let plainMembers: Set<String> = [
        "audio", "frequency_penalty", "function_call", "functions", "logit_bias", "logprobs", "max_completion_tokens",
        "max_tokens", "messages", "metadata", "modalities", "model", "n", "parallel_tool_calls", "prediction",
        "presence_penalty", "prompt_cache_key", "prompt_cache_retention", "reasoning_effort", "response_format",
        "safety_identifier", "seed", "service_tier", "stop", "store", "stream", "stream_options", "temperature",
        "thinking", "tool_choice", "tools", "top_k", "top_logprobs", "top_p", "user", "verbosity",
    ]

    /// An embedding's or a moderation's, which have no output.
    static func question(body: [UInt8]) -> UsageBound {
        UsageBound(prompt: Int64(body.count).plus(hiddenInput), completion: 0)
    }

    /// A request's for pictures. What a picture's bytes do not show, its size and quality do.
    static func pictures(_ asked: ImageRequest, body: [UInt8], received: Int64) -> UsageBound {
        UsageBound(
            prompt: Int64(body.count).plus(hiddenInput),
            completion: received.plus(max(1, asked.count ?? 1).times(PaintedTokens.most)))
    }

    /// The usage as far as it can be.
    /// - Returns: `nil` where all of it can be.
    func cut(_ usage: Usage) -> Usage? {
        guard usage.promptTokens > prompt || usage.completionTokens > completion else { return nil }
        var cut = usage
        cut.promptTokens = min(usage.promptTokens, prompt)
        cut.completionTokens = min(usage.completionTokens, completion)
        return cut
    }
}
