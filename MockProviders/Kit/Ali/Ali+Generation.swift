import JSON

extension Ali {
    /// Native chat: text or multimodal (§2, §3).
    func generation(_ call: Call, _ kind: Model.Kind) throws(Failure) -> Answer {
        let fields = try Fields(call)
        let model = try Model.find(try fields.model(), [kind])
        let input = try fields.input()
        let parameters = try fields.parameters()
        let isStream = call.asksForEvents
        var options = try Options(parameters, model, isStream: isStream)
        let hasMessages = input.member("messages") != nil
        let standard = model.saysText && options.tools.isEmpty ? "text" : "message"
        let form = try parameters?.word("result_format", of: ["text", "message"]) ?? standard
        options.saysText = kind == .text && form == "text"
        if options.saysText, !options.tools.isEmpty { throw .parameter("result_format must be message with tools") }
        options.isIncremental = try parameters?.bool("incremental_output") ?? (options.reasoningTokens > 0)
        if !options.isIncremental, isStream, model.thinking == .always, model.id.firstRange(of: "mock-") == nil {
            throw .parameter("This model does not support incremental_output set to False.")
        }
        let talk: Talk
        if !hasMessages, let text = try input.string("prompt") {
            if text.isEmpty { throw .badMessages }
            talk = Talk(text, model, prompts)
        } else {
            talk = try Talk(
                input.member("messages"), kind == .text ? .plain : .keyed, model, tools: options.toolText,
                resolves: call.readsObjects, prompts)
        }
        let request = Request(model: model, writing: kind == .text ? .plain : .keyed, options: options, talk: talk)
        try request.checkFormat()
        let say = Say(request, call, prompts)
        let served = say.usage.served(call, model: model.id)
        if isStream {
            return Answer(
                headers: Self.headers(call, isStream: true), body: .events(NativeStream(say).events(), end: []),
                served: say.isFiltered ? nil : served)
        }
        if say.isFiltered { throw .badOutput }
        return Self.whole(call, served: served) { say.writeNative(to: &$0) }
    }
}

extension Ali.Say {
    func writeNative(to root: inout Document) {
        root.object("output") { output in
            if request.options.saysText {
                output.member("finish_reason", choices.first?.finish)
                output.member("text", choices.first?.reply.text.text ?? "")
            } else {
                output.array("choices") { list in
                    for (index, choice) in choices.enumerated() { list.object { write(choice, index, to: &$0) } }
                }
            }
            writeFinds(to: &output)
        }
        reported?.write(
            .whole, request.model, tells: !request.options.saysText && !request.model.omitsTotal, plugins: plugins,
            to: &root)
        root.member("request_id", id)
    }

    var plugins: String? { request.options.search.isOn ? request.options.search.strategy : nil }

    private func write(_ choice: Choice, _ index: Int, to document: inout Document) {
        document.member("finish_reason", choice.finish)
        document.object("message") { message in
            message.member("role", "assistant")
            writeContent(choice.reply.text.text, to: &message)
            let thoughts = choice.reply.reasoning
            if !thoughts.isEmpty { message.member("reasoning_content", thoughts.text) }
            if !choice.calls.isEmpty {
                message.array("tool_calls") { list in
                    for (number, call) in choice.calls.enumerated() {
                        list.object { item in
                            item.member("index", number)
                            item.member("id", call.id)
                            item.member("type", "function")
                            item.object("function") { function in
                                function.member("name", call.call.name)
                                function.member("arguments", call.call.arguments)
                            }
                        }
                    }
                }
            }
        }
        if hasIndex { document.member("index", index) }
        if request.options.topLogprobs != nil {
            document.key("logprobs")
            writeLogprobs(choice.reply.text, to: &document)
        }
    }

    /// Writes a string; on the multimodal path a list, which is empty if there is no text.
    func writeContent(_ text: String, to message: inout Document) {
        guard request.writing == .keyed else { return message.member("content", text) }
        message.array("content") { list in
            if !text.isEmpty { list.object { $0.member("text", text) } }
        }
    }

    /// Writes what the service searched for and which code it ran.
    func writeFinds(to output: inout Document) {
        let search = request.options.search
        if search.isOn, search.showsSources {
            output.object("search_info") { info in
                info.array("search_results") { list in
                    list.object { find in
                        find.member("index", 1)
                        find.member("title", "What the mock found")
                        find.member("url", "https://example.test/found")
                        find.member("site_name", "Example")
                        find.member("icon", "https://example.test/icon.png")
                    }
                }
                info.array("extra_tool_info") { list in
                    list.object { tool in
                        tool.member("tool", "weather")
                        // The result is JSON in a string, so that it is escaped twice.
                        tool.member("result", "{\"city\": \"Oslo\", \"note\": \"\\\"mild\\\"\"}")
                    }
                }
            }
        }
        if search.runsCode {
            output.array("tool_info") { list in
                list.object { tool in
                    tool.member("type", "code_interpreter")
                    tool.object("code_interpreter") { $0.member("code", "print(1 + 1)") }
                }
            }
        }
    }
}
