"""Anthropic's own package against the mock: messages, streams, tools, thinking, caches, batches, errors, faults."""

import asyncio
import base64
import json

import anthropic
import pydantic

from suite import Case, Target, control, needs_mock
from test_openai_chat import png

MODEL = "claude-sonnet-4-5"
WEATHER = {
    "name": "get_weather",
    "description": "The weather of a city",
    "input_schema": {
        "type": "object",
        "properties": {"city": {"type": "string"}, "unit": {"enum": ["celsius", "fahrenheit"]}},
        "required": ["city", "unit"],
    },
}
CLOCK = {"name": "get_time", "input_schema": {"type": "object", "properties": {}}}
THINKING = {"type": "enabled", "budget_tokens": 1024}


class Anthropic(Case):
    def options(self, options):
        options.setdefault("api_key", "sk-ant-api03-conformance")
        return {"base_url": Target.mock + "/anthropic", **options}

    def make(self, **options):
        return anthropic.Anthropic(**self.options(options))

    def body(self, text="Say hello to Oslo.", **options):
        return {"model": MODEL, "max_tokens": 2048, "messages": [{"role": "user", "content": text}], **options}

    def ask(self, client=None, **options):
        return (client or self.client).messages.create(**self.body(**options))

    def raises(self, kind, tries=1, client=None, **options):
        with self.counted(tries), self.assertRaises(kind) as caught:
            self.ask(client, **options)
        return caught.exception


@needs_mock
class AnthropicMessages(Anthropic):
    def test_whole(self):
        answer = self.ask()
        self.assertEqual((answer.type, answer.role, answer.model), ("message", "assistant", MODEL + "-20250929"))
        self.assertTrue(answer.id.startswith("msg_01"))
        self.assertIn("Oslo", answer.content[0].text)
        self.assertEqual(answer.stop_reason, "end_turn")
        self.assertTrue(answer._request_id.startswith("req_011"))
        total = control("GET", "/ledger")["total"]
        self.assertEqual(total["prompt_tokens"], answer.usage.input_tokens)
        self.assertEqual(total["completion_tokens"], answer.usage.output_tokens)

    def test_stream(self):
        text, kinds, output = "", [], 0
        for event in self.ask(stream=True):
            kinds.append(event.type)
            if event.type == "content_block_delta":
                text += event.delta.text
            if event.type == "message_delta":
                output = event.usage.output_tokens
        self.assertIn("Oslo", text)
        self.assertEqual((kinds[0], kinds[-1]), ("message_start", "message_stop"))
        self.assertEqual(output, control("GET", "/ledger")["total"]["completion_tokens"])

    def test_stream_helper(self):
        with self.client.messages.stream(**self.body()) as stream:
            text = "".join(stream.text_stream)
            final = stream.get_final_message()
        self.assertEqual(final.content[0].text, text)
        total = control("GET", "/ledger")["total"]
        self.assertEqual(final.usage.output_tokens, total["completion_tokens"])
        self.assertEqual(final.usage.input_tokens, total["prompt_tokens"])

    def test_async(self):
        async def both():
            async with anthropic.AsyncAnthropic(**self.options({})) as client:
                whole = await client.messages.create(**self.body())
                text = ""
                async with client.messages.stream(**self.body()) as stream:
                    async for piece in stream.text_stream:
                        text += piece
                return whole.content[0].text, text

        for text in asyncio.run(both()):
            self.assertIn("Oslo", text)

    def test_ends(self):
        cut = self.ask(text="mock-tokens-40", max_tokens=7)
        self.assertEqual((cut.stop_reason, cut.usage.output_tokens), ("max_tokens", 7))
        stopped = self.ask(text="mock-tokens-100", stop_sequences=[" when"])
        self.assertEqual((stopped.stop_reason, stopped.stop_sequence), ("stop_sequence", " when"))
        refused = self.ask(text="mock-refuse")
        self.assertEqual((refused.stop_reason, refused.stop_details.type), ("refusal", "refusal"))

    def test_prefill(self):
        messages = [{"role": "user", "content": "Count."}, {"role": "assistant", "content": "One,"}]
        self.assertTrue(self.client.messages.create(model=MODEL, max_tokens=50, messages=messages).content)

    def test_images(self):
        data = base64.b64encode(png()).decode()
        content = [
            {"type": "image", "source": {"type": "url", "url": "https://example.test/cat.png"}},
            {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": data}},
            {"type": "text", "text": "Describe both."},
        ]
        self.assertIn("2 images", self.ask(text=content).content[0].text)

    def test_structured_output(self):
        class Event(pydantic.BaseModel):
            title: str
            day: int
            guests: list[str]

        answer = self.client.messages.parse(**self.body("An event."), output_format=Event)
        self.assertIsInstance(answer.parsed_output, Event)

    def test_citations(self):
        source = {"type": "text", "media_type": "text/plain", "data": "Grass is green. The sky is blue."}
        content = [
            {"type": "document", "source": source, "title": "Colours", "citations": {"enabled": True}},
            {"type": "text", "text": "Which colours?"},
        ]
        cited = self.ask(text=content).content[0].citations[0]
        self.assertEqual((cited.type, cited.cited_text), ("char_location", "Grass is green."))
        with self.client.messages.stream(**self.body(content)) as stream:
            final = stream.get_final_message()
        self.assertEqual(final.content[0].citations[0].cited_text, "Grass is green.")

    def test_web_search(self):
        tool = {"type": "web_search_20250305", "name": "web_search"}
        with self.client.messages.stream(**self.body("Use web_search."), tools=[tool]) as stream:
            final = stream.get_final_message()
        kinds = [block.type for block in final.content]
        self.assertEqual(kinds, ["server_tool_use", "web_search_tool_result", "text"])
        self.assertEqual(final.content[0].id, final.content[1].tool_use_id)
        self.assertEqual(self.ask(text="Use web_search.", tools=[tool]).usage.server_tool_use.web_search_requests, 1)

    def test_cache(self):
        system = [{"type": "text", "text": "word " * 1500, "cache_control": {"type": "ephemeral"}}]
        first, second = self.ask(system=system).usage, self.ask(text="Else.", system=system).usage
        self.assertGreaterEqual(first.cache_creation_input_tokens, 1500)
        self.assertEqual(second.cache_read_input_tokens, first.cache_creation_input_tokens)
        entry = control("GET", "/ledger")["entries"][-1]
        self.assertEqual(entry["cached_tokens"], second.cache_read_input_tokens)
        self.assertEqual(entry["prompt_tokens"], second.input_tokens + second.cache_read_input_tokens)

    def test_count_tokens(self):
        messages = [{"role": "user", "content": "Say hello to Oslo."}]
        counted = self.client.messages.count_tokens(model=MODEL, messages=messages)
        self.assertEqual(counted.input_tokens, self.ask().usage.input_tokens)
        beta = self.client.beta.messages.count_tokens(model=MODEL, messages=messages)
        self.assertEqual(beta.input_tokens, counted.input_tokens)

    def test_beta(self):
        answer = self.client.beta.messages.create(
            **self.body(), betas=["context-management-2025-06-27"], context_management={"edits": []}
        )
        self.assertEqual(answer.context_management.applied_edits, [])

    def test_completions(self):
        if not hasattr(self.client, "completions"):
            self.skipTest("gone from this generation of the package")
        body = {"model": "claude-2.1", "max_tokens_to_sample": 50, "prompt": "\n\nHuman: Oslo\n\nAssistant:"}
        self.assertIn("Oslo", self.client.completions.create(**body).completion)
        pieces = list(self.client.completions.create(**body, stream=True))
        self.assertIn("Oslo", "".join(piece.completion for piece in pieces))
        self.assertEqual(pieces[-1].stop_reason, "stop_sequence")

    def test_models(self):
        listed = [model.id for model in self.client.models.list(limit=5)]
        self.assertEqual(len(listed), len(set(listed)))
        self.assertIn(MODEL + "-20250929", listed)
        self.assertEqual(self.client.models.retrieve(MODEL).display_name, "Claude Sonnet 4.5")
        self.assertTrue([model.id for model in self.client.beta.models.list()])


@needs_mock
class AnthropicTools(Anthropic):
    def test_call_and_result(self):
        first = self.ask(text="What is the weather in Oslo?", tools=[WEATHER])
        self.assertEqual(first.stop_reason, "tool_use")
        call = first.content[-1]
        self.assertIn(call.input["unit"], ["celsius", "fahrenheit"])
        result = {"type": "tool_result", "tool_use_id": call.id, "content": "-3 degrees"}
        messages = [
            {"role": "user", "content": "What is the weather in Oslo?"},
            {"role": "assistant", "content": [block.model_dump(exclude_none=True) for block in first.content]},
            {"role": "user", "content": [result]},
        ]
        final = self.client.messages.create(model=MODEL, max_tokens=200, messages=messages, tools=[WEATHER])
        self.assertIn("-3 degrees", final.content[0].text)

    def test_parallel_calls(self):
        both = self.ask(text="get_weather and get_time", tools=[WEATHER, CLOCK])
        self.assertEqual([block.name for block in both.content], ["get_weather", "get_time"])
        one = self.ask(
            text="get_weather and get_time", tools=[WEATHER, CLOCK],
            tool_choice={"type": "auto", "disable_parallel_tool_use": True},
        )
        self.assertEqual(len(one.content), 1)

    def test_streamed_arguments(self):
        fragments = []
        with self.client.messages.stream(
            **self.body("get_weather and get_time"), tools=[WEATHER, CLOCK]
        ) as stream:
            for event in stream:
                if event.type == "input_json":
                    fragments.append(event.partial_json)
            final = stream.get_final_message()
        self.assertEqual([block.name for block in final.content], ["get_weather", "get_time"])
        self.assertEqual(final.content[0].input, json.loads("".join(fragments)))
        self.assertEqual(final.content[1].input, {})

    def test_choices(self):
        named = self.ask(tools=[WEATHER, CLOCK], tool_choice={"type": "tool", "name": "get_time"})
        self.assertEqual([block.name for block in named.content], ["get_time"])
        self.assertEqual(self.ask(tools=[WEATHER], tool_choice={"type": "any"}).stop_reason, "tool_use")
        self.assertEqual(self.ask(tools=[WEATHER], tool_choice={"type": "none"}).stop_reason, "end_turn")

    def test_thinking_sent_back(self):
        for streams in [False, True]:
            with self.subTest(streams=streams):
                body = self.body("get_time", thinking=THINKING, tools=[CLOCK])
                if streams:
                    with self.client.messages.stream(**body) as stream:
                        first = stream.get_final_message()
                else:
                    first = self.client.messages.create(**body)
                self.assertEqual([block.type for block in first.content], ["thinking", "tool_use"])
                # The helper of version 0.121 does not collect the details from the stream's end.
                if not streams:
                    self.assertEqual(first.usage.output_tokens_details.thinking_tokens, 192)
                result = {"type": "tool_result", "tool_use_id": first.content[1].id, "content": "noon"}
                body["messages"] = body["messages"] + [
                    {"role": "assistant", "content": [block.model_dump(exclude_none=True) for block in first.content]},
                    {"role": "user", "content": [result]},
                ]
                self.assertEqual(self.client.messages.create(**body).content[-1].type, "text")
                body["messages"][1]["content"][0]["thinking"] = "Something else."
                with self.assertRaises(anthropic.BadRequestError) as caught:
                    self.client.messages.create(**body)
                self.assertIn("cannot be modified", caught.exception.message)


@needs_mock
class AnthropicStored(Anthropic):
    def test_batches(self):
        requests = [{"custom_id": name, "params": self.body(name)} for name in ["one", "two"]]
        batch = self.client.messages.batches.create(requests=requests)
        while batch.processing_status != "ended":
            batch = self.client.messages.batches.retrieve(batch.id)
        self.assertEqual(batch.request_counts.succeeded, 2)
        results = list(self.client.messages.batches.results(batch.id))
        self.assertEqual([result.custom_id for result in results], ["one", "two"])
        self.assertIn("one", results[0].result.message.content[0].text)
        self.assertEqual([found.id for found in self.client.messages.batches.list()], [batch.id])
        other = self.client.messages.batches.create(requests=requests)
        self.assertEqual(self.client.messages.batches.cancel(other.id).processing_status, "canceling")
        self.assertEqual(self.client.messages.batches.delete(batch.id).type, "message_batch_deleted")

    def test_files(self):
        file = self.client.beta.files.upload(
            file=("a.txt", b"hello", "text/plain"), betas=["files-api-2025-04-14"]
        )
        self.assertEqual((file.size_bytes, file.mime_type), (5, "text/plain"))
        self.assertIn(file.id, [found.id for found in self.client.beta.files.list(betas=["files-api-2025-04-14"])])
        self.assertEqual(self.client.beta.files.delete(file.id, betas=["files-api-2025-04-14"]).id, file.id)


@needs_mock
class AnthropicErrors(Anthropic):
    def test_bad_requests(self):
        cases = [
            ({"extra_body": {"foo": 1}}, "foo: Extra inputs are not permitted"),
            ({"extra_body": {"temperature": 1.5}}, "temperature: range: 0..1"),
            ({"messages": []}, "messages: at least one message is required"),
            ({"thinking": {"type": "enabled", "budget_tokens": 5}}, "greater than or equal to 1024"),
        ]
        for options, message in cases:
            with self.subTest(message):
                error = self.raises(anthropic.BadRequestError, **options)
                self.assertIn(message, error.message)
                self.assertEqual(error.body["error"]["type"], "invalid_request_error")
                self.assertEqual(error.request_id, error.body["request_id"])

    def test_keys(self):
        with self.make(api_key="sk-mock-bad-0123456789") as client:
            error = self.raises(anthropic.AuthenticationError, client=client)
            self.assertIn("nvalid", error.message)
        with self.make(api_key=None, auth_token="sk-ant-oat01-good") as client:
            self.assertTrue(self.ask(client).content)

    def test_each_class_by_model_name(self):
        cases = [
            ("400", anthropic.BadRequestError, 1), ("401", anthropic.AuthenticationError, 1),
            ("402", anthropic.APIStatusError, 1), ("403", anthropic.PermissionDeniedError, 1),
            ("404", anthropic.NotFoundError, 1), ("409", anthropic.ConflictError, 2),
            ("413", anthropic.APIStatusError, 1), ("422", anthropic.UnprocessableEntityError, 1),
            ("429", anthropic.RateLimitError, 2), ("500", anthropic.InternalServerError, 2),
            ("503", anthropic.APIStatusError, 2), ("504", anthropic.APIStatusError, 2),
            ("529", anthropic.APIStatusError, 2), ("prompt_too_long", anthropic.BadRequestError, 1),
        ]
        with self.make(max_retries=1) as client:
            for name, kind, tries in cases:
                with self.subTest(name):
                    error = self.raises(kind, tries, client, model="mock-error-" + name)
                    self.assertTrue(error.request_id.startswith("req_011"))
                    if name.isdigit():
                        self.assertEqual(error.status_code, int(name))

    def test_retry_after_twice_gives_three_requests(self):
        self.fault(count=2, error=429, headers={"retry-after-ms": "50"})
        with self.counted(3):
            self.ask()

    def test_should_retry_beats_the_status(self):
        self.fault(error=400, headers={"x-should-retry": "true", "retry-after-ms": "20"})
        with self.counted(2):
            self.ask()


@needs_mock
class AnthropicFaults(Anthropic):
    def setUp(self):
        super().setUp()
        self.client.close()
        self.client = self.make(max_retries=0)

    def read(self, **options):
        return "".join(
            event.delta.text for event in self.ask(stream=True, **options) if event.type == "content_block_delta"
        )

    def test_cloudflare_pages(self):
        for name in ["403", "403-challenge", "502", "520", "521", "522", "523", "524"]:
            with self.subTest(name):
                self.fault(html=name)
                with self.assertRaises(anthropic.APIStatusError) as caught:
                    self.ask()
                self.assertIn("<", str(caught.exception.body))

    def test_error_in_mid_stream(self):
        self.fault(stream_error=4)
        with self.counted(1), self.assertRaises(anthropic.APIStatusError) as caught:
            self.read()
        self.assertEqual(caught.exception.body["error"]["type"], "overloaded_error")

    def test_stream_cut(self):
        self.fault(cut_events=3)
        with self.assertRaises(Exception) as caught:
            self.read()
        self.assertEqual(type(caught.exception).__name__, "RemoteProtocolError")

    def test_no_end_looks_complete(self):
        self.fault(no_done=True)
        self.assertIn("Oslo", self.read())

    def test_framings(self):
        for framing in ["crlf", "comments", "nospace"]:
            with self.subTest(framing):
                self.fault(framing=framing)
                self.assertIn("Oslo", self.read())

    def test_stall(self):
        self.fault(stall_events=2)
        with self.make(max_retries=0, timeout=0.5) as client, self.assertRaises(Exception) as caught:
            for _ in self.ask(client, stream=True):
                pass
        self.assertIn("imeout", type(caught.exception).__name__)

    def test_silence_and_reset(self):
        with self.make(max_retries=0, timeout=0.5) as client, self.assertRaises(anthropic.APITimeoutError):
            self.ask(client, model="mock-stall")
        with self.assertRaises(anthropic.APIConnectionError):
            self.ask(model="mock-reset")

    def test_invalid_utf8(self):
        self.fault(bad_utf8=True)
        with self.assertRaises(UnicodeDecodeError):
            self.read()

    def test_empty_200(self):
        self.fault(empty=True)
        with self.assertRaises(json.JSONDecodeError):
            self.ask()

