"""Chat completions: whole, streamed, async, tools, images, structured output."""

import asyncio
import base64
import json
import struct
import zlib

import openai
import pydantic

from suite import Case, Target, control, needs_mock

WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather of a city",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}, "unit": {"enum": ["celsius", "fahrenheit"]}},
            "required": ["city", "unit"],
            "additionalProperties": False,
        },
        "strict": True,
    },
}
CLOCK = {"type": "function", "function": {"name": "get_time", "parameters": {"type": "object", "properties": {}}}}


def png():
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    pixels = zlib.compress(b"\x00\x80")
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


class Chat(Case):
    def test_whole(self):
        answer = self.ask()
        self.assertEqual(answer.object, "chat.completion")
        self.assertTrue(answer.id.startswith("chatcmpl-"))
        self.assertIn("Oslo", answer.choices[0].message.content)
        self.assertEqual(answer.choices[0].finish_reason, "stop")
        usage = answer.usage
        self.assertEqual(usage.total_tokens, usage.prompt_tokens + usage.completion_tokens)
        if Target.control:
            total = control("GET", "/ledger")["total"]
            self.assertEqual(total["prompt_tokens"], usage.prompt_tokens)
            self.assertEqual(total["completion_tokens"], usage.completion_tokens)

    def test_stream_equals_whole(self):
        whole = self.ask(text="Tell me about the sea.")
        stream = self.ask(text="Tell me about the sea.", stream=True, stream_options={"include_usage": True})
        text, usage, finish = "", None, None
        for chunk in stream:
            usage = chunk.usage or usage
            for choice in chunk.choices:
                text += choice.delta.content or ""
                finish = choice.finish_reason or finish
        self.assertEqual(len(text) > 0, True)
        self.assertEqual(finish, "stop")
        self.assertEqual(usage.prompt_tokens, whole.usage.prompt_tokens)
        self.assertIn("Tell me about the sea.", text)

    def test_stream_without_usage_has_none(self):
        for chunk in self.ask(stream=True):
            self.assertIsNone(chunk.usage)
            self.assertEqual(len(chunk.choices), 1)

    def test_async(self):
        async def both():
            async with openai.AsyncOpenAI(base_url=Target.base_url, api_key=Target.key) as client:
                messages = [{"role": "user", "content": "Say hello."}]
                whole = await client.chat.completions.create(model=Target.model, messages=messages)
                stream = await client.chat.completions.create(model=Target.model, messages=messages, stream=True)
                text = ""
                async for chunk in stream:
                    text += chunk.choices[0].delta.content or ""
                return whole, text

        whole, text = asyncio.run(both())
        self.assertIn("hello", whole.choices[0].message.content)
        self.assertIn("hello", text)

    def test_several_choices(self):
        answer = self.ask(n=3)
        self.assertEqual([choice.index for choice in answer.choices], [0, 1, 2])
        self.assertEqual({chunk.choices[0].index for chunk in self.ask(n=3, stream=True)}, {0, 1, 2})

    def test_length(self):
        answer = self.ask(text="mock-tokens-40", max_tokens=7)
        self.assertEqual(answer.choices[0].finish_reason, "length")
        self.assertEqual(answer.usage.completion_tokens, 7)

    def test_stop(self):
        answer = self.ask(text="mock-tokens-100", stop=" when")
        self.assertEqual(answer.choices[0].finish_reason, "stop")
        self.assertNotIn(" when", answer.choices[0].message.content)

    def test_logprobs(self):
        answer = self.ask(logprobs=True, top_logprobs=2)
        tokens = answer.choices[0].logprobs.content
        self.assertEqual("".join(token.token for token in tokens), answer.choices[0].message.content)
        self.assertEqual(len(tokens[0].top_logprobs), 2)

    def test_reasoning(self):
        answer = self.ask(model=Target.reasoning_model, reasoning_effort="low", max_completion_tokens=500)
        self.assertEqual(answer.usage.completion_tokens_details.reasoning_tokens, 64)
        if Target.is_gateway:
            # The gateway gives the limit the name that the model demands.
            answer = self.ask(model=Target.reasoning_model, max_tokens=5)
            self.assertEqual(answer.usage.completion_tokens, 5)
            return
        with self.assertRaises(openai.BadRequestError) as caught:
            self.ask(model=Target.reasoning_model, max_tokens=5)
        self.assertEqual(caught.exception.param, "max_tokens")

    def test_refusal(self):
        answer = self.ask(text="mock-refuse")
        self.assertIsNone(answer.choices[0].message.content)
        self.assertTrue(answer.choices[0].message.refusal)

    def test_cached_tokens(self):
        messages = [{"role": "system", "content": "word " * 1500}, {"role": "user", "content": "hi"}]
        first = self.ask(messages=messages).usage.prompt_tokens_details.cached_tokens
        second = self.ask(messages=messages).usage.prompt_tokens_details.cached_tokens
        self.assertEqual(second % 128, 0)
        self.assertGreaterEqual(second, 1024)
        if Target.control:
            self.assertEqual(first, 0)


class Tools(Case):
    def test_call_and_result(self):
        messages = [{"role": "user", "content": "What is the weather in Oslo?"}]
        answer = self.ask(messages=messages, tools=[WEATHER])
        call = answer.choices[0].message.tool_calls[0]
        self.assertEqual(answer.choices[0].finish_reason, "tool_calls")
        self.assertIn(json.loads(call.function.arguments)["unit"], ["celsius", "fahrenheit"])
        messages += [answer.choices[0].message, {"role": "tool", "tool_call_id": call.id, "content": "-3 degrees"}]
        final = self.ask(messages=messages, tools=[WEATHER])
        self.assertIn("-3 degrees", final.choices[0].message.content)

    def test_parallel_calls(self):
        text = "Use get_weather and get_time."
        calls = self.ask(text=text, tools=[WEATHER, CLOCK]).choices[0].message.tool_calls
        self.assertEqual([call.function.name for call in calls], ["get_weather", "get_time"])
        one = self.ask(text=text, tools=[WEATHER, CLOCK], parallel_tool_calls=False)
        self.assertEqual(len(one.choices[0].message.tool_calls), 1)

    def test_streamed_arguments(self):
        with self.client.chat.completions.stream(
            model=Target.model, messages=[{"role": "user", "content": "get_weather and get_time"}], tools=[WEATHER, CLOCK]
        ) as stream:
            final = stream.get_final_completion()
        calls = final.choices[0].message.tool_calls
        self.assertEqual([call.function.name for call in calls], ["get_weather", "get_time"])
        self.assertIn("city", json.loads(calls[0].function.arguments))

    def test_choices(self):
        named = self.ask(tools=[WEATHER, CLOCK], tool_choice={"type": "function", "function": {"name": "get_time"}})
        self.assertEqual(named.choices[0].finish_reason, "stop")
        self.assertEqual(named.choices[0].message.tool_calls[0].function.name, "get_time")
        required = self.ask(tools=[WEATHER], tool_choice="required")
        self.assertEqual(required.choices[0].finish_reason, "tool_calls")
        self.assertIsNone(self.ask(tools=[WEATHER], tool_choice="none").choices[0].message.tool_calls)

    def test_unanswered_call(self):
        call = {"id": "call_1", "type": "function", "function": {"name": "get_time", "arguments": "{}"}}
        messages = [
            {"role": "user", "content": "hi"},
            {"role": "assistant", "tool_calls": [call]},
            {"role": "user", "content": "well?"},
        ]
        with self.assertRaises(openai.BadRequestError) as caught:
            self.ask(messages=messages)
        self.assertIn("call_1", caught.exception.message)


class Rich(Case):
    def test_images(self):
        data = "data:image/png;base64," + base64.b64encode(png()).decode()
        content = [
            {"type": "text", "text": "Describe both."},
            {"type": "image_url", "image_url": {"url": "https://example.test/cat.png", "detail": "low"}},
            {"type": "image_url", "image_url": {"url": data}},
        ]
        answer = self.ask(messages=[{"role": "user", "content": content}])
        self.assertIn("2 images", answer.choices[0].message.content)
        self.assertGreater(answer.usage.prompt_tokens, 85)

    def test_structured_output(self):
        class Event(pydantic.BaseModel):
            title: str
            day: int
            guests: list[str]

        answer = self.client.chat.completions.parse(
            model=Target.model, messages=[{"role": "user", "content": "An event."}], response_format=Event
        )
        self.assertIsInstance(answer.choices[0].message.parsed, Event)

    def test_json_object(self):
        answer = self.ask(text="Answer in JSON.", response_format={"type": "json_object"})
        self.assertIsInstance(json.loads(answer.choices[0].message.content), dict)
        with self.assertRaises(openai.BadRequestError):
            self.ask(text="Answer.", response_format={"type": "json_object"})

    @needs_mock
    def test_audio(self):
        answer = self.ask(
            model="gpt-4o-audio-preview", modalities=["text", "audio"], audio={"voice": "alloy", "format": "wav"}
        )
        self.assertTrue(base64.b64decode(answer.choices[0].message.audio.data).startswith(b"RIFF"))

    @needs_mock
    def test_search(self):
        model, text = "gpt-4o-search-preview", ""
        message = self.ask(model=model, web_search_options={}).choices[0].message
        note = message.annotations[0]
        self.assertEqual((note.type, note.url_citation.end_index), ("url_citation", len(message.content)))
        found = []
        for chunk in self.ask(model=model, web_search_options={}, stream=True):
            text += chunk.choices[0].delta.content or ""
            found += getattr(chunk.choices[0].delta, "annotations", None) or []
        self.assertEqual(found[0]["url_citation"]["end_index"], len(text))
        with self.assertRaises(openai.BadRequestError) as caught:
            self.ask(model="gpt-4o", web_search_options={})
        self.assertEqual(caught.exception.param, "web_search_options")

    def test_models(self):
        listed = [model.id for model in self.client.models.list()]
        self.assertIn(Target.model, listed)
        self.assertEqual(self.client.models.retrieve(Target.model).id, Target.model)
