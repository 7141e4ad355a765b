/// The models, one line each: to add a model, add a line. The names are those of the SDK (`google-genai`) and of the
/// vendor's list.
extension Gemini.Model {
    struct Entry {
        let name: String
        let kind: Kind
        /// The generation: 1, 2, 2.5, or 3 for all later ones. It decides the layout of answers and what the model
        /// accepts.
        let generation: Double
        let input: Int
        let output: Int

        /// The model that stands in for names with `mock-`.
        static let standard = Entry(
            name: "gemini-2.5-flash", kind: .chat, generation: 2.5, input: 1_048_576, output: 65_536)
    }

    private static func chat(_ name: String, _ generation: Double, input: Int = 1_048_576, output: Int = 65_536)
        -> Entry
    {
        Entry(name: name, kind: .chat, generation: generation, input: input, output: output)
    }

    private static func vectors(_ name: String, _ generation: Double, input: Int) -> Entry {
        Entry(name: name, kind: .embedding, generation: generation, input: input, output: 1)
    }

    private static func painter(_ name: String) -> Entry {
        Entry(name: name, kind: .image, generation: 1, input: 480, output: 8192)
    }

    /// The first entry that matches a name is used. An entry matches its name and the names of its variants.
    static let entries: [Entry] = [
        chat("gemini-4-argon", 3),
        chat("gemini-4-carbon", 3),
        chat("gemini-4-hydrogen", 3),
        chat("gemini-4-neon", 3),
        chat("gemini-3.8-flash-lite", 3),
        chat("gemini-3.8-flash", 3),
        chat("gemini-3.7-flash", 3),
        chat("gemini-3.6-flash", 3),
        chat("gemini-3.5-flash-lite", 3),
        chat("gemini-3.5-flash", 3),
        chat("gemini-3.1-pro-preview", 3),
        chat("gemini-3.1-pro", 3),
        chat("gemini-3.1-flash-lite", 3),
        chat("gemini-3.1-flash-image", 3),
        chat("gemini-3.1-flash", 3),
        chat("gemini-3-pro-preview", 3),
        chat("gemini-3-pro-image", 3),
        chat("gemini-3-pro", 3),
        chat("gemini-3-flash-preview", 3),
        chat("gemini-3-flash", 3),
        chat("gemini-2.5-pro", 2.5),
        chat("gemini-2.5-flash-lite", 2.5),
        chat("gemini-2.5-flash-image", 2.5),
        chat("gemini-2.5-computer-use-preview-10-2025", 2.5),
        chat("gemini-2.5-flash-preview-tts", 2.5),
        .standard,
        chat("gemini-2.0-flash-lite", 2, output: 8192),
        chat("gemini-2.0-flash", 2, output: 8192),
        chat("gemini-2.0-pro", 2, output: 8192),
        chat("gemini-exp-1206", 2, output: 8192),
        chat("gemini-1.5-pro", 1, input: 2_097_152, output: 8192),
        chat("gemini-1.5-flash", 1, output: 8192),
        chat("gemini-1.0-pro", 1, input: 30_720, output: 2048),
        chat("gemini-pro", 1, input: 30_720, output: 2048),
        chat("gemma-4-31b-it", 2, input: 262_144, output: 8192),
        chat("gemma-4-26b-a4b-it", 2, input: 262_144, output: 8192),
        vectors("gemini-embedding-3", 3, input: 8192),
        vectors("gemini-embedding-2", 3, input: 8192),
        vectors("gemini-embedding-001", 2, input: 2048),
        vectors("text-embedding-004", 1, input: 2048),
        painter("imagen-4.0-generate-001"),
        painter("imagen-4.0-fast-generate-001"),
        painter("imagen-3.0-generate-002"),
        painter("imagen-3.0-generate-001"),
    ]

    static let aliases = [
        "gemini-flash-latest": "gemini-2.5-flash", "gemini-flash-lite-latest": "gemini-2.5-flash-lite",
        "gemini-pro-latest": "gemini-2.5-pro",
    ]

    /// The words with which the name of a variant or snapshot may continue.
    static let suffixes: Set = [
        "preview", "exp", "latest", "image", "tts", "8b", "thinking", "mock", "vision", "experimental",
    ]
}
