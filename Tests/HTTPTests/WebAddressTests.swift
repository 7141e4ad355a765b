import Testing

@testable import HTTP

@Suite struct WebAddressTests {
    @Test(
        "a redirect leads to an address of the Web, without credentials and fragment",
        arguments: [
            ("/b.png", "https://a.test/b.png"), ("b.png?x=1", "https://a.test/dir/b.png?x=1"),
            ("../c", "https://a.test/c"), ("//b.test/c", "https://b.test/c"), ("http://b.test/", "http://b.test/"),
            ("HTTPS://b.test:8443/c#end", "https://b.test:8443/c"),
            ("https://user:secret@b.test/c", "https://b.test/c"),
            ("/a b/ü.png", "https://a.test/a%20b/%c3%bc.png"), ("?x=1", "https://a.test/dir/a.png?x=1"),
            ("ftp://b.test/c", nil), ("file:///etc/passwd", nil), ("gopher://b.test:70/_", nil),
            ("javascript:alert(1)", nil), ("http://", nil), ("http://[::1/", nil),
        ] as [(String, String?)])
    func targets(location: String, target: String?) {
        #expect(WebAddress.target(of: location, from: "https://me:word@a.test/dir/a.png") == target)
    }

    @Test("the scheme is told in any case")
    func schemes() {
        #expect(WebAddress.isWeb("HTTP://a") && WebAddress.isWeb("https://a") && !WebAddress.isWeb("ftp://a"))
        #expect(
            WebAddress.isSecure("Https://a") && !WebAddress.isSecure("http://a") && !WebAddress.isSecure("https:/a"))
    }
}
