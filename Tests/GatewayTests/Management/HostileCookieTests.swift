import TestTraits
import Testing

@testable import Gateway

@Suite(.inTurn) struct HostileCookieTests {
    @Test(
        "a cookie without a valid signature is ignored, whatever numbers it holds, and nothing traps",
        arguments: [
            "-9223372036854775808|1|a|b|c", "9223372036854775807|1|a|b|c", "0|9223372036854775807|a|b|c",
            "99999999999999999999|1|a|b|c", "-1|-1|||", "||||", "|", "", "1|1|a|b", "1|1|a|b|c|d",
            "1|1|a|b|" + String(repeating: "0", count: 64), "%00|1|a|b|c",
        ])
    func unsigned(cookie: String) async throws {
        let gateway = try await ManagedGateway()
        for (method, path) in [("GET", "/api/user/self"), ("GET", "/api/status"), ("GET", "/api/user/logout")] {
            let answer = try gateway.send(method, path, headers: ["Cookie: session=\(cookie)"])
            #expect(answer.status == (path.hasSuffix("self") ? 401 : 200), "\(path)")
        }
        #expect(try gateway.send("GET", "/api/status").status == 200)
    }

    @Test(
        "an impossible time in a signed cookie counts as too old or too new, and does not overflow",
        arguments: [Int64.min, -1, 0, Int64.max - 1, Int64.max])
    func signed(time: Int64) {
        let codec = SessionCodec(secret: Secret("secret"))
        let cookie = codec.encode(userID: 7, fingerprint: "abc", now: time)
        for now in [Int64.min, 1_700_000_000, Int64.max] where !(0...100).contains(now &- time) {
            #expect(codec.decode(cookie, now: now) == nil)
        }
        #expect(codec.decode(cookie, now: time)?.userID == 7)
    }
}
