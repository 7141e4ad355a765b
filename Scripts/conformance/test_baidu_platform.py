"""Baidu's package and OpenAI's against the platform (version 2)."""

import asyncio
import base64
import json

import openai
import pydantic
import qianfan
import qianfan.errors
import requests

from baidu import BEARER, CLOCK, WEATHER, Qianfan, refill
from suite import Case, Target, control, needs_mock
from test_openai_chat import png

MODEL = "ernie-4.0-8k"
PAGES = ["403", "502", "520", "521", "522", "523", "524"]
TOOLS = [{"type": "function", "function": WEATHER}, {"type": "function", "function": CLOCK}]


class Platform(Qianfan):
    def make(self, bearer=BEARER, **options):
        # The package drops the argument bearer_token; only the one in the configuration is used.
        self.config.BEARER_TOKEN = None if "access_key" in options else bearer
        return qianfan.ChatCompletion(version="2", **options)

    def ask(self, client=None, text="Say hello to Oslo.", **options):
        options.setdefault("model", MODEL)
        return (client or self.client).do(**self.body(text, **options))


@needs_mock
class BaiduPlatform(Platform):
    def test_whole(self):
        answer = self.ask()
        self.assertEqual((answer["object"], answer["model"]), ("chat.completion", MODEL))
        choice = answer["choices"][0]
        self.assertEqual((choice["finish_reason"], choice["flag"]), ("stop", 0))
        self.assertIn("Oslo", choice["message"]["content"])
        self.assertBilled(answer["usage"])

    def test_stream(self):
        answers = list(self.ask(stream=True, stream_options={"include_usage": True}))
        text = "".join(answer["choices"][0]["delta"]["content"] for answer in answers[:-1])
        self.assertIn("Oslo", text)
        self.assertBilled(answers[-1]["usage"])

    def test_async(self):
        async def run():
            whole = await self.client.ado(model=MODEL, **self.body())
            await refill()
            stream = await self.client.ado(model=MODEL, stream=True, **self.body())
            return whole, [piece async for piece in stream]

        whole, pieces = asyncio.run(run())
        self.assertIn("Oslo", whole["choices"][0]["message"]["content"])
        self.assertIn("Oslo", "".join(piece["choices"][0]["delta"]["content"] for piece in pieces))

    def test_tools(self):
        message = self.ask(text="get_weather and get_time", tools=TOOLS)["choices"][0]["message"]
        self.assertEqual([call["function"]["name"] for call in message["tool_calls"]], ["get_weather", "get_time"])
        messages = self.body("get_weather and get_time")["messages"] + [message]
        for call in message["tool_calls"]:
            messages.append({"role": "tool", "tool_call_id": call["id"], "content": "done by " + call["id"]})
        final = self.client.do(messages=messages, model=MODEL, tools=TOOLS)
        self.assertIn("done by", final["choices"][0]["message"]["content"])

    def test_pair_becomes_a_bearer(self):
        with self.counted(3):
            client = self.make(access_key="conformance", secret_key="conformance-secret")
            self.ask(client)
            self.ask(client)
        self.assertEqual(control("GET", "/ledger")["keys"]["conformance"]["answers"], 2)
        path = control("GET", "/journal")["requests"][0]["path"]
        self.assertTrue(path.endswith("/v1/BCE-BEARER/token"))

    def test_wrong_keys(self):
        for access, secret, word in [("conformance", "wrong", "Secret Key"), ("mock-bad", "any", "Access Key")]:
            # The package's hint reads the configuration.
            self.config.ACCESS_KEY, self.config.SECRET_KEY = access, secret
            with self.subTest(word), self.assertRaises(qianfan.errors.RequestError) as caught:
                self.ask(self.make(access_key=access, secret_key=secret))
            self.assertIn(word, str(caught.exception).split("可能的原因")[1])
        self.config.ACCESS_KEY = self.config.SECRET_KEY = None
        error = self.raises(qianfan.errors.RequestError, 1, self.make("bce-v3/ALTAK-x/mock-bad"))
        self.assertEqual(error.status_code, 401)
        self.assertIn("invalid_iam_token", str(error))

    def test_catalogue(self):
        cases = [
            ("malformed_json", 400), ("invalid_model", 400), ("invalid_messages", 400), ("invalid_argument", 400),
            ("characters_too_long", 400), ("tokens_too_long", 400), ("image_url_unsafe", 400), ("text_unsafe", 400),
            ("no_parameter_permission", 401), ("model_permission", 401), ("invalid_appid", 401),
            ("invalid_iam_token", 401), ("account_overdue", 403), ("not_found", 404), ("method_not_supported", 404),
            ("rpm_rate_limit_exceeded", 429), ("tpm_rate_limit_exceeded", 429),
            ("preemptible_rate_limit_exceeded", 429), ("internal_error", 500), ("dispatch_internal_error", 500),
        ]
        for name, status in cases:
            with self.subTest(name):
                self.fault(error=name)
                error = self.raises(qianfan.errors.RequestError)
                self.assertEqual(error.status_code, status)

    def test_error_in_a_200(self):
        self.fault(stream_error=2)
        with self.assertRaises(qianfan.errors.APIError) as caught:
            list(self.ask(stream=True))
        self.assertEqual(caught.exception.error_code, "internal_error")

    def test_faults(self):
        self.fault(cut_events=3)
        self.raises(requests.exceptions.ChunkedEncodingError, stream=True)
        self.fault(stall_events=2)
        self.raises(requests.exceptions.ConnectionError, stream=True, request_timeout=0.4)
        self.fault(bad_utf8=True)
        self.raises(UnicodeDecodeError, stream=True)
        self.fault(empty=True)
        self.raises(qianfan.errors.RequestError)

    def test_cloudflare_pages(self):
        for name in PAGES:
            with self.subTest(name):
                self.fault(html=name)
                self.assertEqual(self.raises(qianfan.errors.RequestError).status_code, int(name))


class OpenAIPlatform(Case):
    """OpenAI's package with Baidu's address and key."""

    def make(self, **options):
        options.setdefault("api_key", BEARER)
        options.setdefault("max_retries", 0)
        return openai.OpenAI(base_url=Target.mock + "/baidu/v2", **options)

    def ask(self, client=None, **options):
        options.setdefault("model", MODEL)
        return super().ask(client, **options)

    def raises(self, kind, tries=1, client=None, **options):
        with self.counted(tries), self.assertRaises(kind) as caught:
            self.ask(client, **options)
        return caught.exception


@needs_mock
class BaiduByOpenAI(OpenAIPlatform):
    def test_whole_and_stream(self):
        whole = self.ask()
        self.assertIn("Oslo", whole.choices[0].message.content)
        total = control("GET", "/ledger")["total"]
        self.assertEqual(total["prompt_tokens"], whole.usage.prompt_tokens)
        self.assertEqual(total["completion_tokens"], whole.usage.completion_tokens)
        text, usage = "", None
        for chunk in self.ask(stream=True, stream_options={"include_usage": True}):
            usage = chunk.usage or usage
            text += "".join(choice.delta.content or "" for choice in chunk.choices)
        self.assertIn("Oslo", text)
        again = control("GET", "/ledger")["total"]
        self.assertEqual(again["completion_tokens"] - total["completion_tokens"], usage.completion_tokens)

    def test_async(self):
        async def run():
            async with openai.AsyncOpenAI(base_url=Target.mock + "/baidu/v2", api_key=BEARER) as client:
                return await client.chat.completions.create(
                    model=MODEL, messages=[{"role": "user", "content": "Oslo"}]
                )

        self.assertIn("Oslo", asyncio.run(run()).choices[0].message.content)

    def test_tools(self):
        first = self.ask(text="get_weather and get_time", tools=TOOLS).choices[0].message
        self.assertEqual([call.function.name for call in first.tool_calls], ["get_weather", "get_time"])
        messages = [{"role": "user", "content": "get_weather and get_time"}, first]
        for call in first.tool_calls:
            messages.append({"role": "tool", "tool_call_id": call.id, "content": "noon"})
        self.assertIn("noon", self.ask(messages=messages, tools=TOOLS).choices[0].message.content)
        arguments = ""
        for chunk in self.ask(text="get_weather", tools=TOOLS, stream=True):
            for call in chunk.choices[0].delta.tool_calls or []:
                arguments += call.function.arguments or ""
        self.assertIn("city", json.loads(arguments))
        choice = {"type": "function", "function": {"name": "get_time"}}
        self.assertEqual(
            self.ask(tools=TOOLS, tool_choice=choice).choices[0].message.tool_calls[0].function.name, "get_time"
        )

    def test_pictures_in_messages(self):
        address = "data:image/png;base64," + base64.b64encode(png()).decode()
        content = [{"type": "text", "text": "Look."}] + [
            {"type": "image_url", "image_url": {"url": url}} for url in ["https://example.test/a.png", address]
        ]
        messages = [{"role": "user", "content": content}]
        answer = self.ask(messages=messages, model="ernie-4.5-turbo-vl-32k")
        self.assertIn("2 images", answer.choices[0].message.content)
        self.raises(openai.BadRequestError, messages=messages)

    def test_structured_output(self):
        class Event(pydantic.BaseModel):
            title: str
            day: int
            guests: list[str]

        answer = self.client.chat.completions.parse(
            model=MODEL, messages=[{"role": "user", "content": "An event."}], response_format=Event
        )
        self.assertIsInstance(answer.choices[0].message.parsed, Event)

    def test_reasoning(self):
        message = self.ask(model="deepseek-r1").choices[0].message
        self.assertTrue(message.reasoning_content)
        messages = [
            {"role": "user", "content": "Hi"},
            {"role": "assistant", "content": message.content, "reasoning_content": message.reasoning_content},
            {"role": "user", "content": "Oslo?"},
        ]
        self.assertIn("Oslo", self.ask(model="deepseek-r1", messages=messages).choices[0].message.content)
        plain = self.ask(model="deepseek-r1", extra_body={"enable_thinking": False}).choices[0].message
        self.assertFalse(hasattr(plain, "reasoning_content"))

    def test_models_embeddings_pictures(self):
        self.assertIn(MODEL, [model.id for model in self.client.models.list()])
        vector = self.client.embeddings.create(model="embedding-v1", input=["Oslo"]).data[0].embedding
        self.assertEqual(len(vector), 384)
        with self.assertRaises(openai.BadRequestError):
            self.client.embeddings.create(model="embedding-v1", input="Oslo")
        picture = self.client.images.generate(model="irag-1.0", prompt="A cat").data[0]
        self.assertTrue(picture.url.startswith("https://"))

    def test_each_class(self):
        cases = [
            ("invalid_argument", openai.BadRequestError, 1), ("invalid_iam_token", openai.AuthenticationError, 1),
            ("model_permission", openai.AuthenticationError, 1), ("account_overdue", openai.PermissionDeniedError, 1),
            ("not_found", openai.NotFoundError, 1), ("rpm_rate_limit_exceeded", openai.RateLimitError, 2),
            ("internal_error", openai.InternalServerError, 2),
        ]
        with self.make(max_retries=1) as client:
            for name, kind, tries in cases:
                with self.subTest(name):
                    self.fault(count=tries, error=name, headers={"retry-after-ms": "20"})
                    error = self.raises(kind, tries, client)
                    self.assertEqual(error.code, "invalid_model" if name == "model_permission" else name)

    def test_keys(self):
        for key in ["sk-nonsense", "bce-v3/ALTAK-x/mock-bad"]:
            with self.make(api_key=key) as client:
                self.assertEqual(self.raises(openai.AuthenticationError, client=client).code, "invalid_iam_token")

    def test_error_in_mid_stream(self):
        self.fault(stream_error=2)
        with self.assertRaises(openai.APIError) as caught:
            list(self.ask(stream=True))
        self.assertEqual(caught.exception.code, "internal_error")

    def test_cloudflare_pages(self):
        for name in PAGES:
            with self.subTest(name):
                self.fault(html=name)
                error = self.raises(openai.APIStatusError)
                self.assertEqual(error.status_code, int(name))
                self.assertIn("<", str(error.body))

    def test_faults(self):
        self.fault(cut_events=3)
        with self.assertRaises(openai.APIConnectionError):
            list(self.ask(stream=True))
        self.fault(bad_utf8=True)
        with self.assertRaises(UnicodeDecodeError):
            list(self.ask(stream=True))
        self.fault(empty=True)
        with self.assertRaises(json.JSONDecodeError):
            self.ask()
        with self.make(timeout=0.4) as client:
            self.fault(stall_events=2)
            with self.assertRaises(openai.APITimeoutError):
                list(self.ask(client, stream=True))
            self.fault(silence=True)
            self.raises(openai.APITimeoutError, client=client)
        self.fault(reset=True)
        self.raises(openai.APIConnectionError)
