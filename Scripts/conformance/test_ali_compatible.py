"""OpenAI's package against the mock's DashScope in its compatible mode."""

import asyncio
import base64
import json

import openai
import pydantic

from suite import Case, Target, control, needs_mock
from test_openai_chat import CLOCK, WEATHER, png

MODEL = "qwen-plus"


class Compatible(Case):
    def make(self, **options):
        options.setdefault("api_key", "sk-conformance")
        return openai.OpenAI(base_url=Target.mock + "/ali/compatible-mode/v1", **options)

    def ask(self, client=None, **options):
        return super().ask(client, **{"model": MODEL, **options})


@needs_mock
class AliCompatibleChat(Compatible):
    def test_whole(self):
        answer = self.ask()
        self.assertIn("Oslo", answer.choices[0].message.content)
        self.assertEqual((answer.model, answer.choices[0].finish_reason), (MODEL, "stop"))
        total = control("GET", "/ledger")["total"]
        self.assertEqual(answer.usage.prompt_tokens, total["prompt_tokens"])
        self.assertEqual(answer.usage.completion_tokens, total["completion_tokens"])

    def test_stream(self):
        chunks = list(self.ask(stream=True, stream_options={"include_usage": True}))
        self.assertIn("Oslo", "".join(chunk.choices[0].delta.content for chunk in chunks[:-1]))
        self.assertEqual((chunks[-1].choices, chunks[-2].choices[0].finish_reason), ([], "stop"))
        total = control("GET", "/ledger")["total"]
        self.assertEqual(chunks[-1].usage.completion_tokens, total["completion_tokens"])
        self.assertTrue(all(chunk.usage is None for chunk in self.ask(stream=True)))

    def test_async(self):
        async def both():
            async with openai.AsyncOpenAI(
                base_url=Target.mock + "/ali/compatible-mode/v1", api_key="sk-conformance"
            ) as client:
                options = {"model": MODEL, "messages": [{"role": "user", "content": "Oslo?"}]}
                whole = await client.chat.completions.create(**options)
                text = ""
                async for chunk in await client.chat.completions.create(**options, stream=True):
                    text += chunk.choices[0].delta.content or ""
                return whole.choices[0].message.content, text

        for text in asyncio.run(both()):
            self.assertIn("Oslo", text)

    def test_tools(self):
        first = self.ask(text="get_weather and get_time", tools=[WEATHER, CLOCK]).choices[0]
        self.assertEqual([call.function.name for call in first.message.tool_calls], ["get_weather", "get_time"])
        messages = [{"role": "user", "content": "Weather?"}, first.message.model_dump(exclude_none=True)]
        for call in first.message.tool_calls:
            messages.append({"role": "tool", "tool_call_id": call.id, "content": "mild"})
        back = self.client.chat.completions.create(model=MODEL, messages=messages, tools=[WEATHER, CLOCK])
        self.assertIn("mild", back.choices[0].message.content)

    def test_streamed_arguments(self):
        with self.client.chat.completions.stream(
            model=MODEL, messages=[{"role": "user", "content": "Weather?"}], tools=[WEATHER]
        ) as stream:
            final = stream.get_final_completion()
        call = final.choices[0].message.tool_calls[0]
        self.assertEqual(set(json.loads(call.function.arguments)), {"city", "unit"})
        self.assertTrue(call.id.startswith("call_"))

    def test_tool_choice(self):
        def called(choice):
            calls = self.ask(tools=[WEATHER, CLOCK], tool_choice=choice).choices[0].message.tool_calls
            return [call.function.name for call in calls or []]

        self.assertEqual(called({"type": "function", "function": {"name": "get_time"}}), ["get_time"])
        self.assertEqual(called("none"), [])
        with self.assertRaises(openai.BadRequestError):
            called("required")

    def test_images(self):
        inline = "data:image/png;base64," + base64.b64encode(png()).decode()
        parts = [{"type": "image_url", "image_url": {"url": url}} for url in ["https://example.test/a.png", inline]]
        messages = [{"role": "user", "content": parts + [{"type": "text", "text": "What?"}]}]
        answer = self.client.chat.completions.create(model="qwen-vl-plus", messages=messages)
        self.assertIn("2 images", answer.choices[0].message.content)

    def test_structured_output(self):
        class Event(pydantic.BaseModel):
            title: str
            day: int

        answer = self.client.chat.completions.parse(
            model=MODEL, messages=[{"role": "user", "content": "An event."}], response_format=Event
        )
        self.assertIsInstance(answer.choices[0].message.parsed, Event)

    def test_thinking(self):
        thoughts = ""
        extra = {"enable_thinking": True, "thinking_budget": 20}
        for chunk in self.ask(stream=True, stream_options={"include_usage": True}, extra_body=extra):
            if chunk.choices:
                thoughts += getattr(chunk.choices[0].delta, "reasoning_content", None) or ""
        self.assertTrue(thoughts)
        self.assertEqual(chunk.usage.completion_tokens_details.reasoning_tokens, 20)

    def test_cache(self):
        text = "word " * 1500
        counts = [self.ask(text=text).usage.prompt_tokens_details.cached_tokens for _ in range(2)]
        self.assertEqual(counts[0], 0)
        self.assertGreaterEqual(counts[1], 1024)


@needs_mock
class AliCompatibleOthers(Compatible):
    def test_embeddings(self):
        answer = self.client.embeddings.create(model="text-embedding-v4", input=["a", "b"], dimensions=64)
        self.assertEqual([len(item.embedding) for item in answer.data], [64, 64])
        self.assertEqual(answer.usage.prompt_tokens, control("GET", "/ledger")["total"]["prompt_tokens"])

    def test_models(self):
        self.assertIn(MODEL, [model.id for model in self.client.models.list()])
        self.assertEqual(self.client.models.retrieve(MODEL).id, MODEL)

    def test_completions(self):
        answer = self.client.completions.create(
            model="qwen2.5-coder-32b-instruct", prompt="def f(", suffix=")", max_tokens=5
        )
        self.assertEqual(answer.usage.completion_tokens, 5)

    def test_files_and_batches(self):
        self.assertIsNone(self.client.batches.list().data)
        body = {"model": MODEL, "messages": [{"role": "user", "content": "Oslo?"}]}
        lines = "".join(json.dumps({"custom_id": name, "body": body}) + "\n" for name in ["a", "b"])
        file = self.client.files.create(file=("a.jsonl", lines.encode()), purpose="batch")
        self.assertTrue(file.id.startswith("file-batch-"))
        batch = self.client.batches.create(
            input_file_id=file.id, endpoint="/v1/chat/completions", completion_window="24h"
        )
        while batch.status != "completed":
            batch = self.client.batches.retrieve(batch.id)
        self.assertEqual(batch.request_counts.completed, 2)
        rows = [json.loads(row) for row in self.client.files.content(batch.output_file_id).text.splitlines()]
        self.assertEqual([row["custom_id"] for row in rows], ["a", "b"])
        self.assertIn("Oslo", rows[0]["response"]["body"]["choices"][0]["message"]["content"])
        self.assertTrue(self.client.files.delete(file.id).deleted)
        with self.assertRaises(openai.BadRequestError) as caught:
            self.client.files.create(file=("a.txt", b"a"), purpose="assistants")
        self.assertIn("file-extract", caught.exception.message)


@needs_mock
class AliCompatibleErrors(Compatible):
    def setUp(self):
        super().setUp()
        self.client.close()
        self.client = self.make(max_retries=0)

    def raises(self, kind, client=None, tries=1, **options):
        with self.counted(tries), self.assertRaises(kind) as caught:
            self.ask(client, **options)
        return caught.exception

    def test_each_by_name(self):
        cases = [
            ("400", openai.BadRequestError, 400, "invalid_parameter_error"),
            ("401", openai.AuthenticationError, 401, "invalid_api_key"),
            ("403", openai.PermissionDeniedError, 403, "access_denied"),
            ("404", openai.NotFoundError, 404, "model_not_found"),
            ("Arrearage", openai.BadRequestError, 400, "Arrearage"),
            ("DataInspectionFailed", openai.BadRequestError, 400, "data_inspection_failed"),
            ("429", openai.RateLimitError, 429, "limit_requests"),
            ("Throttling.BurstRate", openai.RateLimitError, 429, "limit_burst_rate"),
            ("insufficient_quota", openai.RateLimitError, 429, "insufficient_quota"),
            ("500", openai.InternalServerError, 500, "internal_error"),
            ("503", openai.InternalServerError, 503, "service_unavailable"),
        ]
        for name, kind, status, code in cases:
            with self.subTest(name):
                error = self.raises(kind, model="mock-error-" + name)
                self.assertEqual((error.status_code, error.code), (status, code))
                self.assertEqual(len(error.request_id), 36)

    def test_key(self):
        with self.make(api_key="sk-mock-bad", max_retries=0) as client:
            error = self.raises(openai.AuthenticationError, client)
        self.assertIn("Incorrect API key provided.", error.message)

    def test_tries(self):
        self.fault(count=2, error=429, headers={"retry-after-ms": "50"})
        with self.make() as client, self.counted(3):
            self.ask(client)

    def test_own_causes(self):
        self.raises(openai.NotFoundError, model="nothing")
        for options in [{"temperature": 2.0}, {"messages": []}, {"n": 5}, {"top_p": 0}]:
            with self.subTest(options):
                self.raises(openai.BadRequestError, **options)

    def test_faults(self):
        for name in ["403", "502", "520", "521", "522", "523", "524"]:
            self.fault(html=name)
            self.assertIn("<", str(self.raises(openai.APIStatusError).body))
        self.fault(stream_error=3)
        with self.assertRaises(openai.APIError):
            list(self.ask(stream=True))
        self.fault(cut_events=3)
        with self.assertRaises(openai.APIConnectionError):
            list(self.ask(stream=True))
        self.fault(bad_utf8=True)
        with self.assertRaises(UnicodeDecodeError):
            list(self.ask(stream=True))
        with self.make(max_retries=0, timeout=0.5) as client:
            self.raises(openai.APITimeoutError, client, model="mock-stall")
            self.fault(stall_events=2)
            with self.assertRaises(openai.APITimeoutError):
                list(self.ask(client, stream=True))
        self.fault(empty=True)
        with self.assertRaises(json.JSONDecodeError):
            self.ask()
        self.raises(openai.APIConnectionError, model="mock-reset")
