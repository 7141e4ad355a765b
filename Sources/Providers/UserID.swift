import COpenSSL

/// The name of an end user, as a provider may see it.
enum UserID {
    /// Claude's limit.
    private static let most = 256
    private static let shortestNumber = 7

    /// The name itself, or its digest if it is an e-mail address or a phone number, which Claude refuses, or too long for it.
    static func anonymous(_ name: String) -> String {
        isAddress(name) || isPhoneNumber(name) || name.utf8.count > most ? digest(name) : name
    }

    /// The name itself, or its digest if it has too few or too many bytes.
    static func fitting(_ name: String, _ bytes: ClosedRange<Int>) -> String {
        bytes.contains(name.utf8.count) ? name : digest(name)
    }

    private static func isAddress(_ name: String) -> Bool { name.contains("@") || name.contains("%40") }

    /// Digits and what people write between them, or digits behind a plus sign anywhere.
    private static func isPhoneNumber(_ name: String) -> Bool {
        let number = name.hasPrefix("tel:") ? name.dropFirst(4) : name[...]
        if number.utf8.allSatisfy({ isDigit($0) || isBetweenDigits($0) }) {
            return number.utf8.count(where: isDigit) >= shortestNumber
        }
        guard let plus = name.utf8.firstIndex(of: 0x2b) else { return false }
        let international = name.utf8[plus...].prefix { isDigit($0) || isBetweenDigits($0) }
        return international.count(where: isDigit) >= shortestNumber
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

    private static func isBetweenDigits(_ byte: UInt8) -> Bool { " +-()./".utf8.contains(byte) }

    /// SHA-256: the same for the same name, so that the provider can still tell users apart.
    private static func digest(_ name: String) -> String {
        let bytes = Array(name.utf8)
        var digest = [UInt8](repeating: 0, count: 32)
        EVP_Digest(bytes, bytes.count, &digest, nil, EVP_sha256(), nil)
        let digits = Array("0123456789abcdef".utf8)
        return "user_"
            + String(decoding: digest.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}
