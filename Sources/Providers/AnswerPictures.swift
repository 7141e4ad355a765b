import Chat

/// Pictures that an assistant made, in the history of a chat that goes to a provider which takes none in an assistant's
/// turn. Their base64 never goes as text.
extension ChatRequest {
    /// What a turn says that was nothing but pictures, so that turns still alternate.
    private static let nothing = Part.text("…")

    /// For providers that take pictures from the user: each goes behind the words of the user's next message, where it moves
    /// no part that an error may name. Without such a message it is left out.
    func movingAnswerPictures() -> ChatRequest {
        takingAnswerPictures { request, pictures, index in
            guard request.messages[index].role == .user else { return false }
            request.messages[index].parts += pictures
            return true
        }
    }

    /// For providers that take only text: what the assistant said stays.
    func leavingOutAnswerPictures() -> ChatRequest { takingAnswerPictures { _, _, _ in true } }

    /// - Parameter place: does something with pictures at a message behind theirs; false to wait for the next.
    private func takingAnswerPictures(
        _ place: (inout ChatRequest, _ pictures: [Part], _ index: Int) -> Bool
    ) -> ChatRequest {
        guard messages.contains(where: { $0.role == .assistant && $0.parts.contains(where: \.isPicture) }) else {
            return self
        }
        var request = self
        var pictures: [Part] = []
        for index in messages.indices {
            if !pictures.isEmpty, place(&request, pictures, index) { pictures = [] }
            guard messages[index].role == .assistant else { continue }
            let made = messages[index].parts.filter(\.isPicture)
            guard !made.isEmpty else { continue }
            pictures += made
            let said = messages[index].parts.filter { !$0.isPicture }
            request.messages[index].parts = said.allSatisfy(\.isEmptyText) ? [Self.nothing] : said
        }
        return request
    }
}

extension Part {
    fileprivate var isPicture: Bool { if case .image = content { true } else { false } }
    fileprivate var isEmptyText: Bool { content == .text("") }
}

extension OpenAIVendor {
    /// Moves pictures that the model made where a vendor with gaps in its format can read them. Such vendors know no
    /// `images` of a message.
    func placingAnswerPictures(of request: ChatRequest, model: String) -> ChatRequest {
        guard !dialect.isEmpty else { return request }
        let plain = request.leavingOutAnswerPictures()
        return AliRequestEncoder.isMultimodal(plain, model: model) ? request.movingAnswerPictures() : plain
    }
}
