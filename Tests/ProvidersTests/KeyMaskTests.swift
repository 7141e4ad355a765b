import Chat
import HTTP
import JSON
import Testing

@testable import Providers

@Suite struct KeyMaskTests {
    static let keys = [
        "0123456789abcdef0123456789abcdef", "K7LMNOPQRS", "appid12345|secretid-abc|secret+key/xyz=",
        "a1b2c3d4.Zx9Yw8Vu7",
        "ak:QWERTYUIOP", "pass word1", #"quo"te\back"#, "ключ-секрет",
        #"{"type":"service_account","private_key_id":"f00dcafe99","private_key":"-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqh\nkiG9w0BAQEFAASCBK\n-----END PRIVATE KEY-----\n"}"#,
        "ab/sk-12345678/cd+ef=",
    ]

    private func secrets(_ key: String) -> [String] {
        guard let object = (try? JSON.parse(Array(key.utf8)))?.object else {
            return [key] + key.split { "|.:".contains($0) }.map(String.init).filter { $0.utf8.count >= 6 }
        }
        let values = ["private_key_id", "private_key"].compactMap { object[$0]?.string }
        return [key] + values
            + values.flatMap { $0.split(separator: "\n").map(String.init) }.filter {
                !$0.hasPrefix("-----")
            }
    }

    @Test("no form of a key or of its parts is shown", arguments: keys)
    func masks(key: String) {
        let mask = KeyMask(key)
        for secret in secrets(key) {
            let escaped = String(decoding: JSON.string(secret).encoded().dropFirst().dropLast(), as: UTF8.self)
            for form in [
                secret, percentEncoded(secret), escaped, Base64.encode(Array(secret.utf8)), "Bearer \(secret)",
                sanitized("key \(secret)", limit: 4096),
            ] {
                let told = mask.masked("The key <\(form)> is wrong: \(form)")
                #expect(!told.contains(secret), "\(told)")
                #expect(told.hasPrefix("The key <") && told.contains("***") && told.contains("> is wrong: "), "\(told)")
            }
        }
    }

    /// Forms that only some keys have, such as other escapes, and the parts between separators.
    static let forms: [(key: String, told: String)] = [
        ("a key/with+signs", "a%20key%2fwith%2bsigns"), ("path/to/key", #"path\/to\/key"#),
        ("Secret??>>Key", "U2VjcmV0Pz8-PktleQ"), ("Secret??>>Key", "U2VjcmV0Pz8+PktleQ"),
        ("appid12345|secret.with.dots", "secret.with.dots"), ("appid12345|secret.withdots", "withdots"),
        (#"quo"te/slash"#, #"quo\"te/slash"#), ("ab/sk-12345678/cd", "ab/sk-***/cd"),
        ("user=person&token=opensesame", "opensesame"),
        (#"{"client_secret":"opensesame","name":"nothing"}"#, "opensesame"),
        (#"{"Password":"line one\nline two"}"#, "line one"),
    ]

    @Test("forms that only some keys have are not shown either", arguments: forms)
    func rarer(key: String, told: String) {
        #expect(KeyMask(key).masked("not <\(told)>") == "not <***>")
    }

    @Test("the public parts of a service account are shown, and of two secrets the longer one is masked whole")
    func tells() {
        let account =
            #"{"project_id":"my-project","token_uri":"https://oauth.test/token","key":"-----BEGIN\nMIIEvQ\nx"}"#
        let text = "-----BEGIN: my-project at https://oauth.test/token"
        #expect(KeyMask(account).masked(text) == text)
        #expect(KeyMask("abcdef", "abcdefghij").masked("<abcdefghij>") == "<***>")
        #expect(KeyMask("12345").masked("12345") == "12345")
        #expect(KeyMask("123456").masked("123456") == "***")
    }

    @Test("the text around and between keys stays as it was")
    func around() {
        let mask = KeyMask("SECRET77")
        #expect(mask.masked("SECRET77") == "***")
        #expect(mask.masked("ä SECRET77SECRET77 ö") == "ä ****** ö")
        #expect(mask.masked("") == "" && mask.masked("SECRE ***") == "SECRE ***")
        // The key begins with a combining mark, which joins the character before it.
        #expect(KeyMask("\u{301}secret").masked("<\u{301}secret>") == "<***>")
    }

    @Test("a text that was cut off within a key ends before the key")
    func cutOff() {
        let mask = KeyMask("0123456789abcdef")
        #expect(mask.masked("wrong key 0123456") == "wrong key ***")
        // Too short to be recognised.
        #expect(mask.masked("wrong key 01234") == "wrong key 01234")
    }

    @Test("short parts and words of headers are not masked")
    func shortParts() {
        let mask = KeyMask("Bearer|ab.us|12345")
        let text = "Bearer tokens: ab is in us, 12345"
        #expect(mask.masked(text) == text)
        #expect(KeyMask("").masked(text) == text)
    }

    @Test("masks every member of a failure")
    func failure() {
        var failure = UpstreamFailure(
            kind: .server, status: 500, message: "m SECRET77", type: "t SECRET77", parameter: "p SECRET77",
            code: .text("c SECRET77"), retryAfter: 3)
        failure.inner = Opaque(.openAI, ["inner": ["SECRET77", ["SECRET77": "x"], 5]])
        let channel = ProviderChannel(type: 1, baseURL: "", key: "SECRET77")
        let told = channel.disclosed(failure)
        #expect(!"\(told)".contains("SECRET77"))
        #expect(told.message == "m ***" && told.type == "t ***" && told.parameter == "p ***")
        #expect(told.code == .text("c ***") && told.retryAfter == 3)
        failure.inner = Opaque(.openAI, [1_234_567_890, 5])
        let digits = ProviderChannel(type: 1, baseURL: "", key: "1234567890").disclosed(failure)
        #expect(digits.inner?.value == ["***", 5])
        failure.code = .number("123456789")
        #expect(ProviderChannel(type: 1, baseURL: "", key: "123456789").disclosed(failure).code == .text("***"))
        #expect(channel.disclosed(failure, token: "m SECRET77").message == "***")
    }
}
