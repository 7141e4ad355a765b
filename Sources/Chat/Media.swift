import JSON

/// Where an image, a recording or a document is.
package enum Media: Sendable, Equatable {
    case url(String)
    /// - Parameter type: such as `image/png`; for audio the vendor's short name, such as `wav`.
    case base64(type: String, data: String)
    /// Uploaded to the provider before.
    case fileID(String)

    /// A picture that a model made as Markdown, for clients that show nothing but text.
    package var markdown: String {
        switch self {
        case .url(let address), .fileID(let address): "![image](\(address))"
        case .base64(let type, let data): "![image](data:\(type);base64,\(data))"
        }
    }

    /// Reads an address: a data address becomes its bytes, and so does base64 without a head that holds media of a known
    /// kind. Anything else stays an address.
    package init(address: String) {
        if let inline = DataAddress(address) {
            self.init(base64: inline.data, declared: inline.type)
        } else if let bare = DataAddress.bare(address), let type = MediaType.of(base64: bare) {
            self = .base64(type: type, data: Base64.normal(bare))
        } else {
            self = .url(String(DataAddress.trimmed(address)))
        }
    }

    /// - Parameters:
    ///   - text: may have line feeds, and the letters of addresses.
    ///   - declared: the type as somebody calls it. What the bytes say goes before it.
    package init(base64 text: some StringProtocol, declared: String = "") {
        let data = Base64.normal(text)
        self = .base64(type: MediaType.of(base64: data, declared: declared), data: data)
    }

    /// Reads a sound: bare base64, a data address, or the address of a file, which some vendors take.
    /// - Parameter format: the client's word for it, such as `wav`; goes before that of a data address.
    package init(sound text: String, format: String) {
        let inline = DataAddress(text)
        let address = DataAddress.trimmed(text)
        if inline == nil, address.hasPrefix("https://") || address.hasPrefix("http://") {
            self = .url(String(address))
            return
        }
        let stated = format.isEmpty || format.contains("/") ? format : "audio/" + format
        self.init(base64: inline?.data ?? text, declared: stated.isEmpty ? inline?.type ?? "" : stated)
    }

    /// As an address; `nil` for an uploaded file.
    package var address: String? {
        switch self {
        case .url(let url): url
        case .base64(let type, let data): "data:\(type);base64,\(data)"
        case .fileID: nil
        }
    }

    /// Whether this is the address of a file whose name says that it is a PDF.
    package var isAddressOfPDF: Bool {
        guard case .url(let address) = self else { return false }
        return address.prefix { $0 != "?" && $0 != "#" }.lowercased().hasSuffix(".pdf")
    }
}
