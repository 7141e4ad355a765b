/// A request for images (spec/wire/openai.md, images).
package struct ImageRequest: Sendable, Equatable {
    package var model: String
    package var prompt: String
    package var count: Int64?
    /// The size, such as `1024x1024`.
    package var size: String?
    package var quality: String?
    package var style: String?
    /// The form of the answer: `url` or `b64_json`.
    package var responseFormat: String?
    package var user: String?
    /// The pictures are sent as events, each with `previews` previews before it is done.
    package var isStream = false
    package var previews: Int64?

    package init(model: String, prompt: String) {
        self.model = model
        self.prompt = prompt
    }
}

/// The images that were made.
package struct ImageAnswer: Sendable, Equatable {
    package struct Image: Sendable, Equatable {
        package var media: Media
        package var revisedPrompt: String?

        package init(_ media: Media, revisedPrompt: String? = nil) {
            self.media = media
            self.revisedPrompt = revisedPrompt
        }
    }

    /// The time in seconds since 1970; 0 if the provider gave none.
    package var created: Int64
    package var images: [Image]

    package init(created: Int64 = 0, images: [Image]) {
        self.created = created
        self.images = images
    }
}
