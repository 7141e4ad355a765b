"""OpenAI's own package on Azure's dated API and on its v1: chats, tools, images, endpoints, the filter's results."""

import asyncio
import base64
import json
import struct
import time

import openai
import pydantic

from suite import Case, Target, control, needs_mock
from test_openai_chat import CLOCK, WEATHER, png

KEY = "0123456789abcdef" * 2
VERSION = "2024-12-01-preview"


def token(audience="https://cognitiveservices.azure.com", lifetime=3600, signature="sig"):
    """A token like those of Entra ID."""

    def part(value):
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    claims = {"aud": audience, "exp": int(time.time()) + lifetime, "oid": "11111111-2222-4333-8444-555555555555"}
    return ".".join([part({"alg": "RS256", "typ": "JWT"}), part(claims), signature])


class Azure(Case):
    """The dated API, where the requested model is the deployment."""

    model = "gpt-4o"
    reasoning = "o3-mini"

    def options(self, options):
        if not options.keys() & {"api_key", "azure_ad_token", "azure_ad_token_provider"}:
            options["api_key"] = KEY
        return {"azure_endpoint": Target.mock + "/azure", "api_version": VERSION, **options}

    def make(self, **options):
        return openai.AzureOpenAI(**self.options(options))

    def make_async(self):
        return openai.AsyncAzureOpenAI(**self.options({}))

    def ask(self, client=None, **options):
        options.setdefault("model", self.model)
        return super().ask(client, **options)

    def raises(self, kind, tries=1, client=None, **options):
        with self.counted(tries), self.assertRaises(kind) as caught:
            self.ask(client, **options)
        return caught.exception

    def balance(self, usage):
        total = control("GET", "/ledger")["total"]
        self.assertEqual(total["prompt_tokens"], usage.prompt_tokens)
        self.assertEqual(total["completion_tokens"], usage.completion_tokens)


@needs_mock
class AzureChat(Azure):
    def test_whole(self):
        answer = self.ask()
        self.assertEqual((answer.object, answer.model), ("chat.completion", "gpt-4o-2024-11-20"))
        self.assertIn("Oslo", answer.choices[0].message.content)
        self.assertEqual(len(answer._request_id), 36)
        self.assertEqual(answer.choices[0].content_filter_results["hate"]["severity"], "safe")
        self.assertFalse(answer.prompt_filter_results[0]["content_filter_results"]["jailbreak"]["detected"])
        self.balance(answer.usage)

    def test_stream(self):
        text, usage, finish, first = "", None, None, None
        for chunk in self.ask(stream=True, stream_options={"include_usage": True}):
            first = first or chunk
            usage = chunk.usage or usage
            for choice in chunk.choices:
                text += choice.delta.content or ""
                finish = choice.finish_reason or finish
        self.assertEqual((first.id, first.model, first.object, first.created, first.choices), ("", "", "", 0, []))
        self.assertTrue(first.prompt_filter_results)
        self.assertEqual(finish, "stop")
        self.assertIn("Oslo", text)
        self.balance(usage)

    def test_stream_helper(self):
        messages = [{"role": "user", "content": "Hello"}]
        options = {"model": self.model, "messages": messages, "stream_options": {"include_usage": True}}
        with self.client.chat.completions.stream(**options) as stream:
            final = stream.get_final_completion()
        self.assertIn("Hello", final.choices[0].message.content)
        self.balance(final.usage)

    def test_async(self):
        async def run():
            async with self.make_async() as client:
                body = {"model": self.model, "messages": [{"role": "user", "content": "Hello"}]}
                whole = await client.chat.completions.create(**body)
                stream = await client.chat.completions.create(**body, stream=True)
                text = ""
                async for chunk in stream:
                    text += "".join(choice.delta.content or "" for choice in chunk.choices)
                return whole, text

        whole, text = asyncio.run(run())
        self.assertIn("Hello", whole.choices[0].message.content)
        self.assertIn("Hello", text)

    def test_call_and_result(self):
        messages = [{"role": "user", "content": "What is the weather in Oslo?"}]
        answer = self.ask(messages=messages, tools=[WEATHER])
        call = answer.choices[0].message.tool_calls[0]
        self.assertEqual(answer.choices[0].finish_reason, "tool_calls")
        messages += [answer.choices[0].message, {"role": "tool", "tool_call_id": call.id, "content": "-3 degrees"}]
        self.assertIn("-3 degrees", self.ask(messages=messages, tools=[WEATHER]).choices[0].message.content)

    def test_streamed_calls(self):
        messages = [{"role": "user", "content": "get_weather and get_time"}]
        with self.client.chat.completions.stream(
            model=self.model, messages=messages, tools=[WEATHER, CLOCK]
        ) as stream:
            final = stream.get_final_completion()
        calls = final.choices[0].message.tool_calls
        self.assertEqual([call.function.name for call in calls], ["get_weather", "get_time"])
        self.assertIn("city", json.loads(calls[0].function.arguments))

    def test_tool_choice(self):
        forced = self.ask(tools=[CLOCK], tool_choice={"type": "function", "function": {"name": "get_time"}})
        self.assertEqual(forced.choices[0].finish_reason, "stop")
        self.assertIsNone(self.ask(tools=[CLOCK], tool_choice="none").choices[0].message.tool_calls)

    def test_images(self):
        data = "data:image/png;base64," + base64.b64encode(png()).decode()
        content = [{"type": "text", "text": "Describe both."}]
        content += [{"type": "image_url", "image_url": {"url": url}} for url in ("https://example.test/a.png", data)]
        answer = self.ask(messages=[{"role": "user", "content": content}])
        self.assertIn("2 images", answer.choices[0].message.content)
        self.assertEqual([entry["prompt_index"] for entry in answer.prompt_filter_results], [0, 1, 2])

    def test_structured_output(self):
        class Event(pydantic.BaseModel):
            title: str
            guests: list[str]

        messages = [{"role": "user", "content": "An event."}]
        answer = self.client.chat.completions.parse(model=self.model, messages=messages, response_format=Event)
        self.assertIsInstance(answer.choices[0].message.parsed, Event)

    def test_reasoning(self):
        answer = self.ask(model=self.reasoning, reasoning_effort="low", max_completion_tokens=500)
        self.assertEqual(answer.usage.completion_tokens_details.reasoning_tokens, 64)
        self.balance(answer.usage)
        error = self.raises(openai.BadRequestError, model=self.reasoning, max_tokens=5)
        self.assertEqual((error.code, error.param), ("unsupported_parameter", "max_tokens"))

    def test_cached_tokens(self):
        messages = [{"role": "system", "content": "word " * 1500}, {"role": "user", "content": "hi"}]
        first, second = (self.ask(messages=messages).usage.prompt_tokens_details.cached_tokens for _ in range(2))
        self.assertEqual(first, 0)
        self.assertGreaterEqual(second, 1024)

    def test_filtered_answer(self):
        choice = self.ask(text="mock-filter").choices[0]
        self.assertEqual(choice.finish_reason, "content_filter")
        self.assertTrue(choice.content_filter_results["violence"]["filtered"])
        messages = [{"role": "user", "content": "mock-filter"}]
        with self.assertRaises(openai.ContentFilterFinishReasonError):
            with self.client.chat.completions.stream(model=self.model, messages=messages) as stream:
                stream.get_final_completion()

    def test_asynchronous_filter(self):
        messages = [{"role": "user", "content": "mock-tokens-20"}]
        bare = 0
        for chunk in self.ask(model="mock-async-filter", messages=messages, stream=True):
            bare += sum(choice.delta is None for choice in chunk.choices)
        self.assertEqual(bare, 3)
        with self.client.chat.completions.stream(model="mock-async-filter", messages=messages) as stream:
            final = stream.get_final_completion()
        self.assertEqual(len(final.choices[0].message.content.split()), 20)


class V1:
    """OpenAI's ordinary client on v1."""

    def options(self, options):
        options.setdefault("api_key", KEY)
        return {"base_url": Target.mock + "/azure/openai/v1/", **options}

    def make(self, **options):
        return openai.OpenAI(**self.options(options))

    def make_async(self):
        return openai.AsyncOpenAI(**self.options({}))


@needs_mock
class AzureV1Chat(V1, AzureChat):
    """The same cases on v1."""


@needs_mock
class AzureEndpoints(Azure):
    def test_addresses(self):
        """The deployment is the requested model or the client's; some paths have none."""
        self.ask()
        with self.make(azure_deployment="gpt-4.1") as client:
            self.assertEqual(self.ask(client, model="gpt-4").model, "gpt-4.1-2025-04-14")
            self.assertTrue(client.models.list().data)
        paths = [entry["path"] for entry in control("GET", "/journal")["requests"]]
        chat = "/azure/openai/deployments/{}/chat/completions"
        self.assertEqual(paths, [chat.format("gpt-4o"), chat.format("gpt-4.1"), "/azure/openai/models"])

    def test_models(self):
        listed = [model.id for model in self.client.models.list()]
        self.assertIn("gpt-4o-2024-11-20", listed)
        self.assertEqual(self.client.models.retrieve("gpt-4o-2024-11-20").status, "succeeded")

    def test_completions(self):
        answer = self.client.completions.create(model="gpt-35-turbo-instruct", prompt="One", max_tokens=5)
        self.assertEqual(answer.usage.completion_tokens, 5)

    def test_embeddings(self):
        packed = self.client.embeddings.create(model="text-embedding-3-small", input=["a", "b"])
        floats = self.client.embeddings.create(
            model="text-embedding-3-small", input=["a", "b"], encoding_format="float"
        )
        self.assertEqual(len(packed.data[1].embedding), 1536)
        self.assertAlmostEqual(packed.data[1].embedding[7], floats.data[1].embedding[7], places=6)

    def test_images(self):
        self.assertTrue(self.client.images.generate(model="dall-e-3", prompt="A cube").data[0].revised_prompt)
        picture = ("cat.png", png(), "image/png")
        self.assertTrue(self.client.images.edit(model="gpt-image-1", image=picture, prompt="A hat").data[0].b64_json)
        with self.assertRaises(openai.BadRequestError) as caught:
            self.client.images.generate(model="dall-e-3", prompt="mock-blocked")
        self.assertEqual(caught.exception.code, "content_policy_violation")
        inner = caught.exception.body["inner_error"]
        self.assertTrue(inner["content_filter_results"]["violence"]["filtered"])

    def test_audio(self):
        sound = b"RIFF" + struct.pack("<I", 96036) + b"WAVEfmt " + b"\0" * 96028
        for create in (self.client.audio.transcriptions.create, self.client.audio.translations.create):
            self.assertIn("Hello", create(model="whisper-1", file=("a.wav", sound)).text)
        speech = self.client.audio.speech.create(model="tts-1", voice="alloy", input="Hello", response_format="wav")
        self.assertTrue(speech.read().startswith(b"RIFF"))


@needs_mock
class AzureV1Endpoints(V1, AzureEndpoints):
    """The same cases on v1, where the body names the deployment and models have OpenAI's shape."""

    def test_addresses(self):
        self.assertEqual(self.ask(model="gpt-4.1").model, "gpt-4.1-2025-04-14")
        self.assertEqual(self.raises(openai.NotFoundError, model="gpt-41").code, "DeploymentNotFound")
        paths = {(entry["path"], entry["query"]) for entry in control("GET", "/journal")["requests"]}
        self.assertEqual(paths, {("/azure/openai/v1/chat/completions", "")})

    def test_models(self):
        self.assertIn("gpt-4o-2024-11-20", [model.id for model in self.client.models.list()])
        self.assertEqual(self.client.models.retrieve("gpt-4o-2024-11-20").object, "model")
