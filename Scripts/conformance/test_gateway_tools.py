"""Tools through the gateway: calls, their results, streamed arguments, choices."""

import json

from gateway import GatewayCase, needs
from test_openai_chat import CLOCK, WEATHER

ARGUMENTS = {"city": 'Tromsø "north"', "unit": "celsius"}
BOTH = [{"name": "get_weather", "arguments": ARGUMENTS}, {"name": "get_time", "arguments": {}}]


def named(name):
    return {"type": "function", "function": {"name": name}}


class Tools(GatewayCase):
    def assertCalls(self, choice, expected):
        """Checks the calls of a message; each must have an id of its own."""
        calls = choice.message.tool_calls
        made = [{"name": call.function.name, "arguments": json.loads(call.function.arguments)} for call in calls]
        self.assertEqual(made, expected)
        self.assertEqual(choice.finish_reason, "tool_calls")
        self.assertEqual(len({call.id for call in calls}), len(expected))
        self.assertEqual({call.type for call in calls}, {"function"})

    @needs("the results of calls")
    def test_call_and_result(self):
        self.script(tool_calls=BOTH[:1])
        before = self.books()
        messages = [{"role": "user", "content": "What is the weather in Tromsø?"}]
        answer = self.ask(messages=messages, tools=[WEATHER])
        self.assertCalls(answer.choices[0], BOTH[:1])
        self.assertCharged(before, answer.usage)
        call = answer.choices[0].message.tool_calls[0]
        messages += [answer.choices[0].message, {"role": "tool", "tool_call_id": call.id, "content": "-3 degrees-e9f"}]
        final = self.ask(messages=messages, tools=[WEATHER])
        self.assertTrue(final.choices[0].message.content)
        self.assertArrived("-3 degrees-e9f")

    @needs("two calls at once, streamed")
    def test_two_calls(self):
        self.script(tool_calls=BOTH)
        answer = self.ask(tools=[WEATHER, CLOCK])
        self.assertCalls(answer.choices[0], BOTH)
        calls = answer.choices[0].message.tool_calls
        results = [{"role": "tool", "tool_call_id": call.id, "content": f"result-{call.function.name}"} for call in calls]
        question = {"role": "user", "content": "Both."}
        self.ask(messages=[question, answer.choices[0].message, *results], tools=[WEATHER, CLOCK])
        for call in calls:
            self.assertArrived(f"result-{call.function.name}")

    @needs("two calls at once, streamed")
    def test_two_calls_streamed(self):
        self.script(tool_calls=BOTH)
        self.assertCalls(self.streamed([WEATHER, CLOCK]).choices[0], BOTH)

    @needs("a tool's definition and a call")
    def test_streamed_arguments(self):
        self.script(tool_calls=BOTH[:1])
        before = self.books()
        final = self.streamed([WEATHER])
        self.assertCalls(final.choices[0], BOTH[:1])
        self.assertEqual(final.choices[0].message.tool_calls[0].function.parsed_arguments, ARGUMENTS)
        self.assertCharged(before, final.usage)

    def streamed(self, tools):
        """The answer that the SDK's accumulator builds from a stream."""
        messages = [{"role": "user", "content": "The weather, and the time."}]
        with self.client.chat.completions.stream(
            model=self.upstream.model, messages=messages, tools=tools, stream_options={"include_usage": True}
        ) as stream:
            return stream.get_final_completion()

    @needs("a tool by name")
    def test_by_name(self):
        answer = self.ask(tools=[WEATHER, CLOCK], tool_choice=named("get_time"))
        self.assertEqual([call.function.name for call in answer.choices[0].message.tool_calls], ["get_time"])

    @needs("any tool, but one")
    def test_required(self):
        answer = self.ask("mock-no-tools", tools=[WEATHER], tool_choice="required")
        self.assertEqual(answer.choices[0].message.tool_calls[0].function.name, "get_weather")

    @needs("one call at a time")
    def test_one_at_a_time(self):
        answer = self.ask("mock-calls-2", tools=[WEATHER, CLOCK], parallel_tool_calls=False)
        self.assertEqual(len(answer.choices[0].message.tool_calls), 1)

    @needs("no tool, though there are some")
    def test_none(self):
        self.assertIsNone(self.ask(tools=[WEATHER], tool_choice="none").choices[0].message.tool_calls)
