"""Zhipu's own packages, and OpenAI's, against the mock: chats, streams, tools, tasks, endpoints, errors, faults."""

import asyncio
import base64
import json
import time
from unittest import mock

import httpx
import jwt
import openai
import zai
import zai.core._http_client
import zhipuai
import zhipuai.core._http_client

from suite import Case, Target, control, needs_mock
from test_openai_chat import png

MODEL = "glm-4.7"
KEY = "conformance.conformance-secret"
WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather of a city",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}, "unit": {"enum": ["celsius", "fahrenheit"]}},
            "required": ["city", "unit"],
        },
    },
}
CLOCK = {"type": "function", "function": {"name": "get_time", "parameters": {"type": "object", "properties": {}}}}
CALM = {"type": "disabled"}


def detail(details, name):
    """Reads a member of a nested object, which the packages may leave as a dictionary."""
    return details[name] if isinstance(details, dict) else getattr(details, name)


def cached(usage):
    return detail(usage.prompt_tokens_details, "cached_tokens")


class Zhipu(Case):
    """A case for one package; `package` is the module with its exceptions."""

    package = zhipuai
    errors = zhipuai.core._errors
    client_type = zhipuai.ZhipuAI
    speech = {"response_format": "wav", "encode_format": "base64"}

    def setUp(self):
        super().setUp()
        # The packages have no option for the pause before the first retry.
        for module in (zhipuai.core._http_client, zai.core._http_client):
            patch = mock.patch.object(module, "INITIAL_RETRY_DELAY", 0.01)
            patch.start()
            self.addCleanup(patch.stop)

    def make(self, **options):
        options.setdefault("api_key", KEY)
        return self.client_type(base_url=Target.mock + "/zhipu/api/paas/v4", **options)

    def body(self, text="Say hello to Oslo.", **options):
        return {"model": MODEL, "messages": [{"role": "user", "content": text}], **options}

    def ask(self, client=None, text="Say hello to Oslo.", **options):
        return (client or self.client).chat.completions.create(**self.body(text, **options))

    def raises(self, kind, tries=1, client=None, **options):
        with self.counted(tries), self.assertRaises(kind) as caught:
            self.ask(client, **options)
        return caught.exception

    def ledger(self):
        return control("GET", "/ledger")["total"]

    def check_usage(self, usage):
        total = self.ledger()
        self.assertEqual(total["prompt_tokens"], usage.prompt_tokens)
        self.assertEqual(total["completion_tokens"], usage.completion_tokens)
        self.assertEqual(total["cached_tokens"], cached(usage))
        self.assertEqual(usage.total_tokens, usage.prompt_tokens + usage.completion_tokens)


class Conversations:
    """The cases that run with both packages."""

    def test_whole(self):
        answer = self.ask(request_id="conformance-1")
        self.assertEqual((answer.model, answer.request_id), (MODEL, "conformance-1"))
        self.assertRegex(answer.id, "^[0-9]{14}[0-9a-f]{16}$")
        choice = answer.choices[0]
        self.assertEqual((choice.index, choice.finish_reason, choice.message.role), (0, "stop", "assistant"))
        self.assertIn("Oslo", choice.message.content)
        self.check_usage(answer.usage)

    def test_stream(self):
        text, thought, chunks = "", "", list(self.ask(stream=True))
        for chunk in chunks:
            delta = chunk.choices[0].delta
            self.assertEqual(delta.role, "assistant")
            text += delta.content or ""
            thought += delta.reasoning_content or ""
        self.assertIn("Oslo", text)
        self.assertTrue(thought)
        self.assertEqual([chunk.choices[0].finish_reason for chunk in chunks[:-1]], [None] * (len(chunks) - 1))
        self.assertEqual(chunks[-1].choices[0].finish_reason, "stop")
        self.assertTrue(all(chunk.usage is None for chunk in chunks[:-1]))
        self.check_usage(chunks[-1].usage)

    def test_ends(self):
        cut = self.ask(text="mock-tokens-40", max_tokens=7, thinking=CALM)
        self.assertEqual((cut.choices[0].finish_reason, cut.usage.completion_tokens), ("length", 7))
        stopped = self.ask(text="mock-tokens-100", stop=[" when"], thinking=CALM)
        self.assertEqual(stopped.choices[0].finish_reason, "stop")
        self.assertNotIn(" when", stopped.choices[0].message.content)
        several = self.ask(text="mock-tokens-100", stop=["never said", " when"], thinking=CALM, request_id=1234567)
        self.assertEqual(several.choices[0].finish_reason, "stop")
        self.assertNotIn(" when", several.choices[0].message.content)
        self.assertEqual(several.request_id, "1234567")
        self.assertEqual(self.ask(text="mock-filter").choices[0].finish_reason, "sensitive")

    def test_sampling_is_rewritten_into_what_the_service_takes(self):
        self.ask(temperature=0, top_p=1)
        sent = json.loads(control("GET", "/journal")["requests"][-1]["body"])
        self.assertEqual((sent["temperature"], sent["do_sample"], sent["top_p"]), (0.01, False, 0.99))

    def test_tools(self):
        body = self.body("What is the weather?", tools=[WEATHER, CLOCK], tool_choice="auto")
        first = self.client.chat.completions.create(**body).choices[0]
        self.assertEqual(first.finish_reason, "tool_calls")
        call = first.message.tool_calls[0]
        self.assertEqual((call.type, call.function.name), ("function", "get_weather"))
        self.assertEqual(json.loads(call.function.arguments)["city"], "Oslo")
        body["messages"] += [
            {
                "role": "assistant",
                "content": first.message.content,
                "tool_calls": [{
                    "id": call.id, "type": "function",
                    "function": {"name": call.function.name, "arguments": call.function.arguments},
                }],
            },
            {"role": "tool", "tool_call_id": call.id, "content": "12 degrees"},
        ]
        second = self.client.chat.completions.create(**body).choices[0]
        self.assertEqual(second.finish_reason, "stop")
        self.assertIn("12 degrees", second.message.content)

    def test_two_tools_at_once(self):
        answer = self.ask(text="get_weather and get_time", tools=[WEATHER, CLOCK])
        names = [call.function.name for call in answer.choices[0].message.tool_calls]
        self.assertEqual(names, ["get_weather", "get_time"])
        self.check_usage(answer.usage)

    def test_streamed_tools(self):
        for options, pieces in [({}, 2), ({"extra_body": {"tool_stream": True}}, 4)]:
            with self.subTest(options=options):
                arguments, count = {}, 0
                for chunk in self.ask(text="mock-calls-2", tools=[WEATHER, CLOCK], stream=True, **options):
                    for call in chunk.choices[0].delta.tool_calls or []:
                        count += 1
                        arguments[call.index] = arguments.get(call.index, "") + call.function.arguments
                self.assertEqual(json.loads(arguments[0])["city"], "Oslo")
                self.assertEqual(json.loads(arguments[1]), {})
                self.assertGreaterEqual(count, pieces)

    def test_images(self):
        data = base64.b64encode(png()).decode()
        # The package removes the prefix of inline pictures.
        for model in ["glm-4v", "glm-4.6v"]:
            content = [
                {"type": "image_url", "image_url": {"url": "https://example.test/cat.png"}},
                {"type": "image_url", "image_url": {"url": "data:image/png;base64," + data}},
                {"type": "text", "text": "Describe both."},
            ]
            answer = self.ask(text=content, model=model)
            self.assertIn("2 images", answer.choices[0].message.content)

    def test_structured_output(self):
        answer = self.ask(response_format={"type": "json_object"})
        self.assertIn("answer", json.loads(answer.choices[0].message.content))

    def test_reasoning(self):
        answer = self.ask()
        self.assertTrue(answer.choices[0].message.reasoning_content)
        self.assertEqual(detail(answer.usage.completion_tokens_details, "reasoning_tokens"), 48)
        calm = self.ask(thinking=CALM)
        self.assertIsNone(calm.choices[0].message.reasoning_content)
        turns = [
            {"role": "user", "content": "Hi"},
            {"role": "assistant", "content": "Yes?", "reasoning_content": answer.choices[0].message.reasoning_content},
            {"role": "user", "content": "Go on."},
        ]
        create = self.client.chat.completions.create
        cleared = create(model=MODEL, messages=turns)
        kept = create(model=MODEL, messages=turns, thinking={"type": "enabled", "clear_thinking": False})
        self.assertGreater(kept.usage.prompt_tokens, cleared.usage.prompt_tokens)

    def test_cache(self):
        self.assertEqual(cached(self.ask(text="x " * 500).usage), 0)
        usage = self.ask(text="x " * 500).usage
        self.assertEqual(cached(usage), usage.prompt_tokens - 1)

    def test_tasks(self):
        task = self.client.chat.asyncCompletions.create(**self.body())
        self.assertEqual(task.task_status, "PROCESSING")
        while task.task_status == "PROCESSING":
            task = self.client.chat.asyncCompletions.retrieve_completion_result(task.id)
        self.assertEqual(task.task_status, "SUCCESS")
        self.assertIn("Oslo", task.choices[0].message.content)
        self.check_usage(task.usage)

    def test_videos(self):
        video = self.client.videos.generations(model="cogvideox-2", prompt="A cat on a roof")
        while video.task_status == "PROCESSING":
            video = self.client.videos.retrieve_videos_result(id=video.id)
        self.assertEqual(video.task_status, "SUCCESS")
        self.assertTrue(video.video_result[0].url.endswith(".mp4"))

    def test_embeddings(self):
        answer = self.client.embeddings.create(model="embedding-3", input=["one", "two"], dimensions=512)
        self.assertEqual([len(item.embedding) for item in answer.data], [512, 512])
        self.assertEqual(answer.usage.prompt_tokens, self.ledger()["prompt_tokens"])

    def test_pictures(self):
        answer = self.client.images.generations(model="cogview-4", prompt="A cat", size="1024x1024")
        self.assertTrue(answer.data[0].url.startswith("https://"))

    def test_moderations(self):
        self.client.moderations.create(model="moderation", input="mock-flag")
        self.assertEqual(self.ledger()["answers"], 1)

    def test_audio(self):
        sound = self.client.audio.speech(model="cogtts", input="Hello", voice="tongtong", **self.speech)
        self.assertTrue(sound.content.startswith(b"RIFF"))
        text = self.client.audio.transcriptions.create(model="glm-asr", file=("a.wav", sound.content))
        self.assertTrue(text.model_extra["text"])

    def test_search(self):
        found = self.client.web_search.web_search(search_engine="search_std", search_query="Oslo")
        self.assertIn("Oslo", str(found.search_result))
        tool = self.client.tools.web_search(
            model="web-search-pro", messages=[{"role": "user", "content": "Oslo"}], stream=False
        )
        self.assertEqual(tool.choices[0].message.role, "tool")
        steps = self.client.tools.web_search(
            model="web-search-pro", messages=[{"role": "user", "content": "Oslo"}], stream=True
        )
        self.assertEqual(len(list(steps)), 3)
        answer = self.ask(tools=[{"type": "web_search", "web_search": {"enable": True, "search_result": True}}])
        self.assertEqual(answer.model_extra["web_search"][0]["refer"], "ref_1")

    def test_files(self):
        file = self.client.files.create(file=("a.jsonl", b"{}"), purpose="batch")
        self.assertEqual((file.bytes, file.filename), (2, "a.jsonl"))
        self.assertEqual([found.id for found in self.client.files.list(purpose="batch").data], [file.id])
        self.assertEqual(self.client.files.content(file.id).content, b"{}")
        self.assertTrue(self.client.files.delete(file.id).deleted)

    def test_batches(self):
        lines = [
            {"custom_id": name, "method": "POST", "url": "/v4/chat/completions", "body": {**self.body(), **options}}
            for name, options in [("one", {}), ("two", {"temperature": 7})]
        ]
        data = "\n".join(json.dumps(line) for line in lines).encode()
        file = self.client.files.create(file=("a.jsonl", data), purpose="batch")
        create = self.client.batches.create
        batch = create(completion_window="24h", endpoint="/v4/chat/completions", input_file_id=file.id)
        while batch.status != "completed":
            batch = self.client.batches.retrieve(batch.id)
        self.assertEqual((batch.request_counts.completed, batch.request_counts.failed), (1, 1))
        output = self.client.files.content(batch.output_file_id).content.decode()
        results = {line["custom_id"]: line["response"] for line in map(json.loads, output.splitlines())}
        self.assertEqual(results["one"]["body"]["usage"]["prompt_tokens"], self.ledger()["prompt_tokens"])
        self.assertEqual(results["two"]["body"]["error"]["code"], "1214")
        self.assertEqual([found.id for found in self.client.batches.list(limit=1)], [batch.id])
        other = create(completion_window="24h", endpoint="/v4/chat/completions", input_file_id=file.id)
        self.assertEqual(self.client.batches.cancel(other.id).status, "cancelling")


class Refusals:
    """Errors and faults, for both packages."""

    def test_bad_requests(self):
        cases = [
            ({"model": "gpt-4o"}, "1211"), ({"model": "embedding-3"}, "1212"), ({"messages": []}, "1214"),
            ({"messages": [{"role": "system", "content": "Be brief."}]}, "1214"), ({"max_tokens": 131073}, "1214"),
            ({"tool_choice": "required", "tools": [CLOCK]}, "1214"), ({"user_id": "me"}, "1214"),
            ({"response_format": {"type": "json_schema"}}, "1214"), ({"text": "mock-blocked"}, "1301"),
        ]
        for options, code in cases:
            with self.subTest(options=options):
                error = self.raises(self.errors.APIRequestFailedError, **options)
                self.assertEqual((error.status_code, error.response.json()["error"]["code"]), (400, code))

    def test_keys(self):
        cases = [("conformance.wrong", "1000"), ("mock-bad.mock-bad-secret", "1000"), ("nodot", "1002"),
                 ("mock-expired.mock-expired-secret", "1003")]
        for key, code in cases:
            with self.subTest(key=key):
                error = self.raises(self.errors.APIAuthenticationError, client=self.make(api_key=key))
                self.assertEqual(error.response.json()["error"]["code"], code)

    def test_signed_keys(self):
        self.assertTrue(self.ask(self.make(disable_token_cache=False)).choices)
        sent = dict(control("GET", "/journal")["requests"][-1]["headers"])
        self.assertEqual(sent["Authorization" if "Authorization" in sent else "authorization"].count("."), 2)
        client = self.make(api_key="conformance.wrong", disable_token_cache=False)
        self.assertIn("1004", str(self.raises(self.errors.APIAuthenticationError, client=client)))

    def test_signatures_by_hand(self):
        def token(secret="conformance-secret", **claims):
            now = int(time.time() * 1000)
            claims = {"api_key": "conformance", "exp": now + 60_000, "timestamp": now, **claims}
            return jwt.encode(claims, secret, algorithm="HS256", headers={"sign_type": "SIGN"})

        cases = [
            ({}, None), ({"secret": "other"}, "1004"), ({"exp": 1_700_000_000_000}, "1003"),
            ({"exp": int(time.time()) + 60}, "1003"), ({"api_key": "mock-bad"}, "1000"),
        ]
        with httpx.Client(trust_env=False) as client:
            for scheme in ["", "Bearer "]:
                for claims, code in cases:
                    with self.subTest(claims=claims, scheme=scheme):
                        answer = client.post(
                            Target.mock + "/zhipu/api/paas/v4/chat/completions", json=self.body(),
                            headers={"Authorization": scheme + token(**claims)},
                        )
                        self.assertEqual(answer.json().get("error", {}).get("code"), code)

    def test_each_class_by_model_name(self):
        errors = self.errors
        cases = [
            ("1210", errors.APIRequestFailedError, 400, 1), ("1214", errors.APIRequestFailedError, 400, 1),
            ("1261", errors.APIRequestFailedError, 400, 1), ("1301", errors.APIRequestFailedError, 400, 1),
            ("1000", errors.APIAuthenticationError, 401, 1), ("1003", errors.APIAuthenticationError, 401, 1),
            ("1110", errors.APIAuthenticationError, 401, 1), ("1220", errors.APIStatusError, 403, 1),
            ("1222", errors.APIStatusError, 404, 1), ("no_permission_434", errors.APIStatusError, 434, 1),
            ("1113", errors.APIReachLimitError, 429, 2), ("1302", errors.APIReachLimitError, 429, 2),
            ("1305", errors.APIReachLimitError, 429, 2), ("1313", errors.APIReachLimitError, 429, 2),
            ("500", errors.APIInternalError, 500, 2), ("1234", errors.APIInternalError, 500, 2),
            ("503", errors.APIServerFlowExceedError, 503, 2), ("502", errors.APIStatusError, 502, 2),
            ("408", errors.APIStatusError, 408, 2),
        ]
        client = self.make(max_retries=1)
        for name, kind, status, tries in cases:
            with self.subTest(name):
                error = self.raises(kind, tries, client, model="mock-error-" + name)
                self.assertIs(type(error), kind)
                self.assertEqual(error.status_code, status)
                code = error.response.json()["error"]["code"]
                self.assertIn(name, (code, str(status), "no_permission_434"))
                self.assertTrue(error.response.headers["X-LOG-ID"])

    def test_four_tries(self):
        self.raises(self.errors.APIReachLimitError, 4, model="mock-error-1302")
        self.fault(count=2, error="1302")
        with self.counted(3):
            self.ask()

    def test_should_retry_beats_the_status(self):
        self.fault(error="1210", headers={"x-should-retry": "true"})
        with self.counted(2):
            self.ask()
        self.fault(error="1302", headers={"x-should-retry": "false"})
        self.raises(self.errors.APIReachLimitError)

    def test_error_with_status_200_is_no_exception(self):
        self.assertIsNone(self.ask(model="mock-error-sensitive_200").choices)

    def read(self, client=None, **options):
        return "".join(chunk.choices[0].delta.content or "" for chunk in self.ask(client, stream=True, **options))

    def test_cloudflare_pages(self):
        client = self.make(max_retries=0)
        for name in ["403", "403-challenge", "502", "520", "521", "522", "523", "524"]:
            with self.subTest(name):
                error = self.raises(self.errors.APIStatusError, client=client, model="mock-html-" + name)
                self.assertIn("<", error.response.text)
        # An answer whose type is not JSON is returned as text.
        self.assertIn("<html", self.ask(client, model="mock-html-200"))
        self.assertEqual(self.read(client, model="mock-html-200"), "")

    def test_error_in_mid_stream(self):
        self.fault(stream_error=4)
        with self.counted(1), self.assertRaises(self.errors.APIResponseError) as caught:
            self.read()
        self.assertEqual(caught.exception.json_data["code"], "1234")
        self.assertEqual(self.ledger()["answers"], 0)

    def test_stream_cut(self):
        self.fault(cut_events=3)
        with self.assertRaises(httpx.RemoteProtocolError):
            self.read()

    def test_no_end_looks_complete(self):
        self.fault(no_done=True)
        self.assertIn("Oslo", self.read())

    def test_framings(self):
        for framing in ["crlf", "comments", "nospace"]:
            with self.subTest(framing):
                self.fault(framing=framing)
                self.assertIn("Oslo", self.read())

    def test_stall_silence_and_reset(self):
        client = self.make(max_retries=0, timeout=0.5)
        self.fault(stall_events=2)
        with self.assertRaises(httpx.ReadTimeout):
            self.read(client)
        self.raises(self.errors.APITimeoutError, client=client, model="mock-stall")
        self.raises(self.errors.APIConnectionError, client=client, model="mock-reset")

    def test_invalid_utf8(self):
        self.fault(bad_utf8=True)
        # The package replaces invalid UTF-8 by U+FFFD.
        text = self.read(thinking=CALM)
        self.assertIn("\ufffd", text)

    def test_empty_200(self):
        self.fault(empty=True)
        with self.assertRaises(json.JSONDecodeError):
            self.ask()

    def test_usage_faults(self):
        self.assertIsNone(self.ask(model="mock-usage-missing").usage)
        self.assertEqual(self.ask(model="mock-usage-zero").usage.total_tokens, 0)


@needs_mock
class ZhipuAIChat(Conversations, Zhipu):
    pass


@needs_mock
class ZhipuAIErrors(Refusals, Zhipu):
    pass


class Zai(Zhipu):
    package = zai
    errors = zai.core._errors
    client_type = zai.ZhipuAiClient
    speech = {"response_format": "wav"}


@needs_mock
class ZaiChat(Conversations, Zai):
    pass


@needs_mock
class ZaiErrors(Refusals, Zai):
    def test_language(self):
        error = self.raises(self.errors.APIRequestFailedError, model="gpt-4o")
        self.assertIn("模型不存在", error.response.json()["error"]["message"])
        client = zai.ZaiClient(api_key=KEY, base_url=Target.mock + "/zhipu/api/paas/v4")
        error = self.raises(self.errors.APIRequestFailedError, client=client, model="gpt-4o")
        self.assertIn("Model does not exist", error.response.json()["error"]["message"])

    def test_coding_plans(self):
        client = self.client_type(api_key=KEY, base_url=Target.mock + "/zhipu/api/coding/paas/v4")
        self.assertTrue(self.ask(client).choices)


@needs_mock
class ZhipuThroughOpenAI(Case):
    """The API in OpenAI's format, with OpenAI's package."""

    def options(self):
        return {"base_url": Target.mock + "/zhipu/api/paas/v4", "api_key": KEY, "max_retries": 0}

    def make(self, **options):
        return openai.OpenAI(**{**self.options(), **options})

    def ask(self, **options):
        options.setdefault("model", MODEL)
        messages = [{"role": "user", "content": "Say hello to Oslo."}]
        return self.client.chat.completions.create(messages=messages, **options)

    def test_chat(self):
        self.assertIn("Oslo", self.ask().choices[0].message.content)
        chunks = list(self.ask(stream=True, stream_options={"include_usage": True}))
        self.assertEqual(chunks[-1].choices[0].finish_reason, "stop")
        self.assertGreater(chunks[-1].usage.total_tokens, 0)

    def test_async(self):
        async def run():
            async with openai.AsyncOpenAI(**self.options()) as client:
                messages = [{"role": "user", "content": "Say hello to Oslo."}]
                stream = await client.chat.completions.create(model=MODEL, messages=messages, stream=True)
                return "".join([chunk.choices[0].delta.content or "" async for chunk in stream])

        self.assertIn("Oslo", asyncio.run(run()))

    def test_others(self):
        answer = self.client.embeddings.create(model="embedding-3", input="one", dimensions=256)
        self.assertEqual(len(answer.data[0].embedding), 256)
        self.assertTrue(self.client.images.generate(model="cogview-4", prompt="A cat").data[0].url)

    def test_errors(self):
        for name, kind in [("1214", openai.BadRequestError), ("1003", openai.AuthenticationError),
                           ("1220", openai.PermissionDeniedError), ("1302", openai.RateLimitError)]:
            with self.subTest(name), self.assertRaises(kind) as caught:
                self.ask(model="mock-error-" + name)
            self.assertEqual(caught.exception.code, name)
