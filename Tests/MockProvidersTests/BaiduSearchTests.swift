import JSON
import MockKit
import TestTraits
import Testing

/// The search tool as Qianfan's own package sends it.
@Suite(.inTurn) struct BaiduSearchTests {
    private static let tools = """
        ,"tools":[{"type":"tool","tool":{"name":"baidu_search","baidu_search":{"channel":"normal","top_n":3}}}]
        """
    private static let choice = ",\"tool_choice\":{\"type\":\"tool\",\"tool\":{\"name\":\"baidu_search\"}}"

    @Test("A search tells as many pages as were asked for, with tool_choice or without")
    func search() async throws {
        let mock = try Mock()
        for more in [Self.tools, Self.tools + Self.choice] {
            let info = try mock.tellERNIE("Weather?", more: more).json?["tools_info"]
            #expect(info?["name"]?.string == "baidu_search")
            #expect(info?["rewrite_query"]?.string == "Weather?")
            #expect(info?["baidu_search"]?.array?.map { $0["index"]?.int } == [1, 2, 3])
        }
        let stream = try mock.tellERNIE("Weather?", more: Self.tools + Self.choice + ",\"stream\":true")
        let last = stream.events.last.flatMap { try? JSON.parse(Array($0.utf8)) }
        #expect(last?["tools_info"]?["baidu_search"]?.array?.count == 3)
        await mock.stop()
    }

    @Test("A raw completion searches too, as the package's tool does by itself")
    func completion() async throws {
        let mock = try Mock()
        let reply = try mock.workshop("completions/ernie_speed", "{\"prompt\":\"Oslo\"\(Self.tools)\(Self.choice)}")
        #expect(reply.json?["tools_info"]?["baidu_search"]?.array?.count == 3)
        await mock.stop()
    }

    @Test(
        "A choice without its tool, an unknown tool and bad settings are refused",
        arguments: [
            choice, choice.replacing("baidu_search", with: "nope") + tools,
            ",\"tools\":[{\"type\":\"tool\",\"tool\":{\"name\":\"nope\"}}]", ",\"tools\":[{\"type\":\"tool\"}]",
            tools.replacing("3", with: "0"), tools.replacing("\"normal\"", with: "1"),
        ])
    func refusals(more: String) async throws {
        let mock = try Mock()
        let code = try #require(try mock.tellERNIE("Hi", more: more).errorCode)
        #expect([336001, 336003].contains(code))
        await mock.stop()
    }
}
