import Arithmetic
import Chat

extension Exchange {
    /// What a request may cost, as far as that is known before its answer.
    struct Question {
        private let envelope: ChatEnvelope
        private let bytes: Int
        private let images: ImageRequest?

        init(_ envelope: ChatEnvelope, bytes: Int, images: ImageRequest?) {
            self.envelope = envelope
            self.bytes = bytes
            self.images = images
        }

        /// How much quota to reserve for a channel.
        /// - Parameter prompt: the counted prompt. Without it, the number of the body's bytes is the upper limit,
        ///   because each token has at least one byte. Pictures of unknown size and a channel's own prompt are added.
        func amount(
            _ channel: Channel, _ model: String, _ rates: Rates, _ options: OptionsSnapshot, prompt: CountedPrompt?
        ) -> Int64 {
            if let images { return rates.most(for: channel.metered(images), model: model) }
            let envelope = channel.overridesParameters ? channel.metered(envelope) : envelope
            let ceiling = rates.parts.promptCeiling(
                writesCache: envelope.writesCache, hasAudio: envelope.hearsAudio)
            let pictures = (prompt?.unsizedPictures ?? Int64(clamping: envelope.imageCount)).times(
                PromptCounter.mostOfPicture(model))
            let own = Int64(clamping: channel.systemPrompt?.utf8.count ?? 0).plus(channel.overrideBytes)
            return rates.estimate(
                promptTokens: (prompt?.tokens ?? Int64(clamping: bytes)).plus(own).plus(pictures),
                promptCeiling: ceiling,
                maxCompletionTokens: envelope.maxCompletionTokens, speaks: envelope.speaks,
                allowance: options.preConsumedQuota)
        }

        /// The most tokens of a prompt that the balance can pay. A longer prompt is refused without counting the rest.
        /// - Returns: `.max` if the balance can pay for the whole body, -1 if it can pay for nothing.
        func affordable(
            _ channel: Channel, _ model: String, _ rates: Rates, _ options: OptionsSnapshot, available: Int64
        ) -> Int64 {
            func isPaid(_ tokens: Int64?) -> Bool {
                let prompt = tokens.map { CountedPrompt(tokens: $0) }
                return amount(channel, model, rates, options, prompt: prompt) <= available
            }
            if isPaid(nil) { return .max }
            guard isPaid(0) else { return -1 }
            var (paid, unpaid) = (Int64(0), Int64(clamping: bytes))
            while unpaid.minus(paid) > 1 {
                let middle = paid.plus(unpaid.minus(paid) / 2)
                if isPaid(middle) { paid = middle } else { unpaid = middle }
            }
            return paid
        }
    }
}
