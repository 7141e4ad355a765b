import Chat
import JSON

/// The pages that an answer as a whole rests on, as OpenAI's annotations. Each is told once: later events of a stream name
/// again what earlier ones named.
struct CitedPages {
    private var addresses: Set<String> = []

    mutating func cite(_ address: String?, title: String?, into events: inout [ChatEvent]) {
        guard let address, !address.isEmpty, addresses.insert(address).inserted else { return }
        events.append(
            .citation(
                0,
                Opaque(
                    .openAI,
                    [
                        "type": "url_citation",
                        "url_citation": [
                            "url": .string(address), "title": .string(title ?? ""), "start_index": 0, "end_index": 0,
                        ],
                    ])))
    }
}
