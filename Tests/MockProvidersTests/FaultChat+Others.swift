/// Calls of endpoints other than chats.
extension FaultChat {
    static let others = vectors + pictures + sounds

    private static let openAI = ["Authorization: Bearer sk-any"]

    private static let vectors = [
        FaultChat(
            name: "OpenAI embeddings", path: "/openai/v1/embeddings", headers: openAI,
            body: "{\"model\":\"text-embedding-3-small\",\"input\":\"Hi\"}", delivery: .whole),
        FaultChat(
            name: "OpenAI completions", path: "/openai/v1/completions", headers: openAI,
            body: "{\"model\":\"gpt-3.5-turbo-instruct\",\"prompt\":\"Hi\"}", delivery: .whole),
        FaultChat(
            name: "Gemini embeddings", path: "/gemini/v1beta/models/gemini-embedding-001:embedContent",
            headers: ["x-goog-api-key: AIza-any"], body: "{\"content\":{\"parts\":[{\"text\":\"Hi\"}]}}",
            delivery: .whole),
        FaultChat(
            name: "Baidu embeddings",
            path: "/baidu/rpc/2.0/ai_custom/v1/wenxinworkshop/embeddings/embedding-v1?access_token=24.mock-any",
            headers: [], body: "{\"input\":[\"Hi\"]}", delivery: .whole, limitStatus: 200),
        FaultChat(
            name: "Ali embeddings", path: "/ali/api/v1/services/embeddings/text-embedding/text-embedding",
            headers: openAI, body: "{\"model\":\"text-embedding-v3\",\"input\":{\"texts\":[\"Hi\"]}}", delivery: .whole),
        FaultChat(
            name: "Zhipu embeddings", path: "/zhipu/api/paas/v4/embeddings",
            headers: ["Authorization: Bearer any.any-secret"], body: "{\"model\":\"embedding-3\",\"input\":\"Hi\"}",
            delivery: .whole),
    ]

    private static let pictures = [false, true].map { isStream in
        FaultChat(
            name: "OpenAI images", path: "/openai/v1/images/generations", headers: openAI,
            body: "{\"model\":\"gpt-image-1\",\"prompt\":\"A fish\",\"stream\":\(isStream)"
                + (isStream ? ",\"partial_images\":3}" : "}"), delivery: isStream ? .events : .whole)
    }

    private static let sounds =
        [
            FaultChat(
                name: "OpenAI speech", path: "/openai/v1/audio/speech", headers: openAI,
                body:
                    "{\"model\":\"gpt-4o-mini-tts\",\"voice\":\"alloy\",\"stream_format\":\"sse\",\"response_format\":\"wav\","
                    + "\"input\":\"Say that there is fish today, and no more of it tomorrow.\"}", delivery: .events)
        ]
        + ["", "stream"].map { name in
            let fields = [("model", "gpt-4o-transcribe"), (name, "true")].filter { !$0.0.isEmpty }
            let parts =
                fields.map { "name=\"\($0.0)\"\r\n\r\n\($0.1)" } + [
                    "name=\"file\"; filename=\"a.wav\"\r\n\r\nRIFF0000WAVE"
                ]
            return FaultChat(
                name: "OpenAI transcription", path: "/openai/v1/audio/transcriptions", headers: openAI,
                body: parts.map { "--X\r\nContent-Disposition: form-data; \($0)\r\n" }.joined() + "--X--\r\n",
                delivery: name.isEmpty ? .whole : .events, type: "multipart/form-data; boundary=X")
        }
}
