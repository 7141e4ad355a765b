/// The form of a request's path that is compared with routes.
enum RoutePath {
    private static let slash = UInt8(ascii: "/")

    /// The path with repeated slashes replaced by one. Clients whose base URL ends in a slash send `//v1/…`.
    static func normalised(_ path: String) -> String {
        var text = path
        let isRepeated = text.withUTF8 { bytes in
            var previous: UInt8 = 0
            for byte in bytes {
                if byte == slash, previous == slash { return true }
                previous = byte
            }
            return false
        }
        if isRepeated { return collapsed(path) }
        return path
    }

    private static func collapsed(_ path: String) -> String {
        var bytes: [UInt8] = []
        for byte in path.utf8 where byte != slash || bytes.last != slash { bytes.append(byte) }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The path without the slash at its end; `nil` if it does not end in a slash, or is nothing but one.
    static func withoutTrailingSlash(_ path: String) -> String? {
        path.utf8.count > 1 && path.utf8.last == slash ? String(path.dropLast()) : nil
    }
}
