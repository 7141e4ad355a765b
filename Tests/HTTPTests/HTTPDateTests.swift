import HTTP
import TestTraits
import Testing

@Suite(.inTurn) struct HTTPDateTests {
    @Test(
        "a date is read in each of HTTP's three forms",
        arguments: [
            ("Sun, 06 Nov 1994 08:49:37 GMT", 784_111_777), ("Sunday, 06-Nov-94 08:49:37 GMT", 784_111_777),
            ("Sun Nov  6 08:49:37 1994", 784_111_777), ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
            ("Thu, 29 Feb 2024 23:59:60 GMT", 1_709_251_200), ("Mon, 01 Mar 2100 00:00:00 GMT", 4_107_542_400),
        ] as [(String, Int64)])
    func reads(text: String, seconds: Int64) {
        #expect(HTTPDate.seconds(text) == seconds)
    }

    @Test(
        "anything else is no date",
        arguments: [
            "", "120", "soon", "Sun, 06 Now 1994 08:49:37 GMT", "Sun, 32 Nov 1994 08:49:37 GMT",
            "Sun, 06 Nov 1994 24:49:37 GMT", "Sun, 06 Nov 1994 08:60:37 GMT", "Sun, 06 Nov 1994 08:49", "a b c d e f g",
            "Sun, 06 Nov 1900 08:49:37 GMT", "Sun, 06 Nov 99999999999999999999 08:49:37 GMT",
        ])
    func refuses(text: String) {
        #expect(HTTPDate.seconds(text) == nil)
    }
}
