"""What a provider cannot do must give a 400 that names the field, from the gateway or from the provider."""

import base64

import openai

from gateway import GatewayCase
from test_gateway_content import Event, about_image
from test_gateway_tools import named
from test_openai_chat import CLOCK, WEATHER, png
from suite import Target


def about(part):
    return [{"role": "user", "content": [{"type": "text", "text": "What is it?"}, part]}]


def results():
    call = {"id": "call_1", "type": "function", "function": {"name": "get_time", "arguments": "{}"}}
    return [
        {"role": "user", "content": "What time is it?"},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "call_1", "content": "noon"},
    ]


SOUND = {"data": "UklGRiwAAABXQVZFZm10IBAAAAABAAEAQB8AAIA+AAACABAAZGF0YQgAAAAAAAAAAAAAAA==", "format": "wav"}
VIDEO = "data:video/mp4;base64,AAAAGGZ0eXBpc29t"
DOCUMENT = {"filename": "a.pdf", "file_data": "data:application/pdf;base64,JVBERi0xLjQKJSVFT0YK"}
SCHEMA = {"type": "json_schema", "json_schema": {"name": "event", "schema": Event.model_json_schema()}}


def requests():
    """A request for each feature that a provider may refuse, and the fields that the refusal may name."""
    thinking = {"reasoning_effort": "low"}
    inline = "data:image/png;base64," + base64.b64encode(png()).decode()
    return {
        "temperature": ({"temperature": 0.375}, ["temperature"]),
        "top_p": ({"top_p": 0.625}, ["top_p"]),
        "a limit on tokens": ({"max_tokens": 5}, ["max_tokens"]),
        "stop sequences": ({"stop": ["halt"]}, ["stop"]),
        "several answers": ({"n": 2}, ["n"]),
        "log-probabilities": ({"logprobs": True, "top_logprobs": 2}, ["logprobs", "top_logprobs"]),
        "seed": ({"seed": 7}, ["seed"]),
        "frequency_penalty": ({"frequency_penalty": 0.375}, ["frequency_penalty"]),
        "presence_penalty": ({"presence_penalty": 0.375}, ["presence_penalty"]),
        "metadata": ({"metadata": {"purpose": "test"}, "store": True}, ["metadata", "store"]),
        "service_tier": ({"service_tier": "flex"}, ["service_tier"]),
        "reasoning": (thinking, ["reasoning_effort"]),
        "reasoning, streamed": ({**thinking, "stream": True}, ["reasoning_effort"]),
        "reasoning sent back with a tool's result": (
            {**thinking, "messages": results(), "tools": [CLOCK]}, ["reasoning_effort", "tools", "messages"],
        ),
        "a tool's definition and a call": ({"tools": [WEATHER]}, ["tools"]),
        "two calls at once, streamed": ({"tools": [WEATHER, CLOCK], "stream": True}, ["tools"]),
        "the results of calls": ({"messages": results()}, ["messages"]),
        "the error of a call": ({"messages": results()}, ["messages"]),
        "a tool by name": ({"tools": [WEATHER, CLOCK], "tool_choice": named("get_time")}, ["tool_choice", "tools"]),
        "any tool, but one": ({"tools": [WEATHER], "tool_choice": "required"}, ["tool_choice", "tools"]),
        "one call at a time": ({"tools": [WEATHER], "parallel_tool_calls": False}, ["parallel_tool_calls", "tools"]),
        "no tool, though there are some": ({"tools": [WEATHER], "tool_choice": "none"}, ["tool_choice", "tools"]),
        "an inline image": ({"messages": about_image(inline)}, ["messages"]),
        "an image by its address": ({"messages": about_image(Target.control + "/image.png")}, ["messages"]),
        "a sound": ({"messages": about({"type": "input_audio", "input_audio": SOUND})}, ["messages"]),
        "a document": ({"messages": about({"type": "file", "file": DOCUMENT})}, ["messages"]),
        "a video": ({"messages": about({"type": "video_url", "video_url": {"url": VIDEO}})}, ["messages"]),
        "a video by its address": (
            {"messages": about({"type": "video_url", "video_url": {"url": "https://example.com/a.mp4"}})}, ["messages"],
        ),
        "pages that a search found": ({"web_search_options": {}}, ["web_search_options"]),
        "pages that a search found, streamed": (
            {"web_search_options": {}, "stream": True}, ["web_search_options"],
        ),
        "an answer in JSON": ({"response_format": {"type": "json_object"}}, ["response_format"]),
        "an answer by a JSON schema": ({"response_format": SCHEMA}, ["response_format"]),
    }


class Refusals(GatewayCase):
    def test_each_names_its_field(self):
        known = requests()
        for feature in [name for name, outcome in self.upstream.outcomes.items() if outcome == "refused"]:
            with self.subTest(feature):
                options, fields = known[feature]
                with self.assertRaises(openai.BadRequestError) as caught:
                    self.ask("Answer in JSON.", **options)
                error = caught.exception
                self.assertExplained(error)
                self.assertEqual(error.type, "invalid_request_error")
                self.assertIn((error.param or "").split("[")[0].split(".")[0], fields)

    def test_settings_that_may_be_dropped(self):
        """An answer comes, whether the settings arrive or not."""
        answer = self.ask(
            seed=731905, frequency_penalty=0.375, presence_penalty=0.375, user="user-2b7",
            messages=[{"role": "user", "name": "ada", "content": "Say hello to Oslo."}],
        )
        self.assertIn("Oslo", answer.choices[0].message.content)
