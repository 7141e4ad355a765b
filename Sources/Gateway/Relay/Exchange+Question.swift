import Arithmetic
import Chat

extension Exchange {
    /// What a request may cost, as far as it is known before its answer.
    struct Question {
        private let envelope: ChatEnvelope
        private let bytes: Int
        private let images: ImageRequest?

        init(_ envelope: ChatEnvelope, bytes: Int, images: ImageRequest?) {
            self.envelope = envelope
            self.bytes = bytes
            self.images = images
        }

        /// What to hold back for a channel.
        /// - Parameter prompt: where it was counted. Else the body's bytes bound its text from above, since a token has at
        ///   least one. Pictures whose size is not known and a channel's own prompt come on top.
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

        /// The most tokens that the prompt may have for a balance to pay for it: no more need be counted to refuse it.
        /// - Returns: `.max` where the balance pays for all that the body can have, -1 where it pays for none.
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
