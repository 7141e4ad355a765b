import CCurl

/// Checks and resolves web addresses in the way libcurl reads them.
package enum WebAddress {
    /// Whether libcurl would use HTTP for this address.
    package static func isWeb(_ url: String) -> Bool { begins(url, "http://") || isSecure(url) }

    package static func isSecure(_ url: String) -> Bool { begins(url, "https://") }

    private static func begins(_ url: String, _ scheme: StaticString) -> Bool {
        var text = url
        return text.withUTF8 { bytes in
            guard bytes.count >= scheme.utf8CodeUnitCount else { return false }
            for place in 0..<scheme.utf8CodeUnitCount where lowercased(bytes[place]) != scheme.utf8Start[place] {
                return false
            }
            return true
        }
    }

    /// The address that an answer's `Location` leads to (RFC 9110 §10.2.2), without credentials and fragment. Blanks
    /// and characters outside ASCII are encoded, since some servers forget that.
    /// - Parameter base: the address that answered.
    /// - Returns: `nil` if it is not an address of `http` or `https`.
    package static func target(of location: String, from base: String) -> String? {
        guard let parsed = curl_url() else { return nil }
        defer { curl_url_cleanup(parsed) }
        guard curl_url_set(parsed, CURLUPART_URL, base, 0) == CURLUE_OK,
            curl_url_set(parsed, CURLUPART_URL, location, UInt32(CURLU_URLENCODE)) == CURLUE_OK
        else { return nil }
        for part in [CURLUPART_USER, CURLUPART_PASSWORD, CURLUPART_FRAGMENT] { curl_url_set(parsed, part, nil, 0) }
        var text: UnsafeMutablePointer<CChar>?
        guard curl_url_get(parsed, CURLUPART_URL, &text, 0) == CURLUE_OK, let text else { return nil }
        defer { curl_free(text) }
        let address = String(cString: text)
        return isWeb(address) ? address : nil
    }
}
