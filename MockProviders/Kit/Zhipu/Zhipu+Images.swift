extension Zhipu.Platform {
    /// The sizes of the models before cogview-4.
    private static let olderSizes: Set<String> = [
        "1024x1024", "768x1344", "864x1152", "1344x768", "1152x864", "1440x720", "720x1440",
    ]

    /// Draws one picture, which the answer names by its address (spec/wire/zhipu.md §6).
    func paint(_ call: Call) throws(Zhipu.Failure) -> Answer {
        let fields = try Zhipu.Fields(call)
        let model = try fields.model(for: .image, method: "images")
        let request = try fields.requestID()
        let prompt = try fields.needed("prompt")
        if let size = try fields.string("size"), !Self.isSize(size, model.id) { throw .invalid("size") }
        if let quality = try fields.string("quality"), !["standard", "hd"].contains(quality) {
            throw .invalid("quality")
        }
        if prompt.firstRange(of: "mock-blocked") != nil { throw .code(1301) }
        var ids = call.ids
        let id = Zhipu.identifier(&ids)
        // Pictures are billed one by one, and not by tokens.
        let served = Zhipu.Usage(prompt: 0).served(id: id, model: model.id, call: call)
        return answer(id: request ?? id, served: served) { root in
            root.member("created", ids.created)
            root.array("data") { list in
                list.object { $0.member("url", "https://aigc-files.example.test/\(id)_watermark.png") }
            }
            Zhipu.writeFilter(level: 3, to: &root)
        }
    }

    /// Checks the size: both sides from 512 to 2,048 and divisible by 16. `cogview-3` has a list of sizes.
    private static func isSize(_ text: String, _ model: String) -> Bool {
        if model.hasPrefix("cogview-3") { return olderSizes.contains(text) }
        let sides = text.split(separator: "x", omittingEmptySubsequences: false).map { Int($0) ?? 0 }
        return sides.count == 2 && sides.allSatisfy { (512...2_048).contains($0) && $0 % 16 == 0 }
    }
}
