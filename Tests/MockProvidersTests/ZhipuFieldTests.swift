import JSON
import MockKit
import TestTraits
import Testing

/// Fields in the forms that the vendor's packages allow.
@Suite(.inTurn) struct ZhipuFieldTests {
    @Test("A request_id of digits may be a number, and comes back as a string")
    func numericID() async throws {
        let mock = try Mock()
        let reply = try mock.glmSay("Hi", more: ",\"request_id\":1234567,\"user_id\":7654321")
        #expect(reply.status == 200)
        #expect(reply.json?["request_id"]?.string == "1234567")
        #expect(reply.header("x-log-id") == "1234567")
        for bad in ["12345", "1234567.5", "true", "[1234567]"] {
            #expect(try mock.glmSay("Hi", more: ",\"request_id\":\(bad)").status == 400, "\(bad)")
        }
        await mock.stop()
    }

    @Test("stop is a string or several; the first that occurs ends the text")
    func stops() async throws {
        let mock = try Mock()
        let calm = ",\"thinking\":{\"type\":\"disabled\"}"
        _ = try mock.control("POST", "/script", "{\"text\":\"one two three four\",\"count\":4}")
        #expect(try mock.glmSay("Hi", more: calm + ",\"stop\":[\"four\",\" three\"]").content == "one two")
        #expect(try mock.glmSay("Hi", more: calm + ",\"stop\":\" two\"").content == "one")
        #expect(try mock.glmSay("Hi", more: calm + ",\"stop\":[]").content == "one two three four")
        for bad in ["[1]", "1", "{}"] {
            #expect(try mock.glmSay("Hi", more: ",\"stop\":\(bad)").status == 400, "\(bad)")
        }
        await mock.stop()
    }
}
