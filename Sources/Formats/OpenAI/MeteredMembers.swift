import Chat
import JSON

/// The members on which the route, a limit or the bill depends, by the object that contains them. Each may appear once,
/// with exactly this spelling. Which of two equal members an upstream reads is not known, and an upstream that ignores
/// upper and lower case would read a member that we do not.
enum MeteredMembers {
    enum Chat: Int, CaseIterable {
        case model, messages, stream, streamOptions, maxTokens, maxCompletionTokens, count, serviceTier, tools,
            functions,
            audio, modalities, cacheControl

        static let names = MemberNames([
            "model", "messages", "stream", "stream_options", "max_tokens", "max_completion_tokens", "n", "service_tier",
            "tools", "functions", "audio", "modalities", "cache_control",
        ])
    }

    static let streamOptions = MemberNames(["include_usage"])

    enum Message: Int, CaseIterable {
        case role, content, name, toolCalls, functionCall, audio, cacheControl, breakpoint, images

        static let names = MemberNames([
            "role", "content", "name", "tool_calls", "function_call", "audio", "cache_control",
            "prompt_cache_breakpoint", "images",
        ])
    }

    /// The members of a message's parts, and of the objects within them.
    enum Part: Int, CaseIterable {
        case type, text, imageURL, url, detail, inputAudio, data, format, file, fileData, fileID, videoURL, audioURL,
            audio,
            content, cacheControl, breakpoint

        static let names = MemberNames([
            "type", "text", "image_url", "url", "detail", "input_audio", "data", "format", "file", "file_data",
            "file_id",
            "video_url", "audio_url", "audio", "content", "cache_control", "prompt_cache_breakpoint",
        ])
    }

    /// The members of a tool, of a call, and of the function within either.
    enum Tool: Int, CaseIterable {
        case type, function, name, arguments, cacheControl, breakpoint

        static let names = MemberNames([
            "type", "function", "name", "arguments", "cache_control", "prompt_cache_breakpoint",
        ])
    }

    static let embeddings = MemberNames(["model", "input", "dimensions", "encoding_format", "user"])
    static let moderations = MemberNames(["model", "input"])
    static let images = MemberNames([
        "model", "prompt", "n", "size", "quality", "style", "response_format", "user", "stream", "partial_images",
        "background", "output_format", "output_compression",
    ])
}

extension MemberCensus {
    /// - Parameter place: the path of the object, such as `messages[2]`; empty at the top level.
    func check(at place: @autoclosure () -> String) throws(RequestError) {
        guard let fault else { return }
        func path(_ name: String) -> String {
            let place = place()
            return place.isEmpty ? name : place + "." + name
        }
        switch fault {
        case .repeated(let name):
            throw RequestError(
                .duplicateField, "The field '\(path(name))' occurs more than once (letter case does not count).",
                parameter: path(name))
        case .misspelled(let name, let spelling):
            throw RequestError(
                .invalidValue, "Unknown field '\(spelling)': '\(path(name))' must be spelled in small letters.",
                parameter: path(name))
        }
    }
}
