"""Google's own package (google-genai) against the mock: contents, streams, tools, thinking, schemas, caches, files."""

import asyncio
import enum
import tempfile

import pydantic
from google import genai
from google.genai import types

from suite import Case, Target, control, needs_mock
from test_openai_chat import png

MODEL = "gemini-2.5-flash"
NEWEST = "gemini-3-flash-preview"
TEXT = "Say hello to Oslo."
WEATHER = {
    "name": "get_weather",
    "description": "The weather of a city",
    "parameters": {
        "type": "OBJECT",
        "properties": {"city": {"type": "STRING"}, "unit": {"type": "STRING", "enum": ["celsius", "fahrenheit"]}},
        "required": ["city", "unit"],
    },
}
CLOCK = {"name": "get_time", "parameters": {"type": "OBJECT", "properties": {}}}


def declared(*functions):
    return [types.Tool(function_declarations=[types.FunctionDeclaration(**function) for function in functions])]


class Gemini(Case):
    def make(self, api_key="AIza-conformance", timeout=None, retries=None, **options):
        http = types.HttpOptions(base_url=Target.mock + "/gemini", timeout=timeout, retry_options=retries)
        if not options:
            http.api_version = "v1beta"
        return genai.Client(api_key=api_key, http_options=http, **options)

    def ask(self, client=None, text=TEXT, model=MODEL, **config):
        return (client or self.client).models.generate_content(model=model, contents=text, config=config or None)

    def stream(self, client=None, text=TEXT, model=MODEL, **config):
        return (client or self.client).models.generate_content_stream(
            model=model, contents=text, config=config or None
        )

    def billed(self, usage):
        total = control("GET", "/ledger")["total"]
        self.assertEqual(total["prompt_tokens"], usage.prompt_token_count + (usage.tool_use_prompt_token_count or 0))
        self.assertEqual(
            total["completion_tokens"], (usage.candidates_token_count or 0) + (usage.thoughts_token_count or 0)
        )
        self.assertEqual(total["cached_tokens"], usage.cached_content_token_count or 0)


@needs_mock
class GeminiContents(Gemini):
    def test_whole(self):
        answer = self.ask()
        self.assertIn("Oslo", answer.text)
        candidate = answer.candidates[0]
        self.assertEqual((candidate.finish_reason, candidate.index), (types.FinishReason.STOP, 0))
        self.assertEqual(answer.model_version, MODEL)
        self.assertEqual(len(answer.response_id), 23)
        usage = answer.usage_metadata
        self.assertEqual(
            usage.total_token_count,
            usage.prompt_token_count + usage.candidates_token_count + usage.thoughts_token_count,
        )
        self.billed(usage)

    def test_stream(self):
        chunks = list(self.stream())
        self.assertEqual("".join(chunk.text for chunk in chunks), self.ask().text)
        self.assertEqual(len({chunk.response_id for chunk in chunks}), 1)
        self.assertEqual([chunk.candidates[0].finish_reason for chunk in chunks[:-1]], [None] * (len(chunks) - 1))
        control("POST", "/reset")
        self.billed(list(self.stream())[-1].usage_metadata)

    def test_generations(self):
        newest = list(self.stream(model=NEWEST))
        self.assertEqual(newest[-1].candidates[0].content.parts[0].text, "")
        old = list(self.stream(model="gemini-2.0-flash"))
        self.assertIsNone(old[0].candidates[0].index)
        self.assertIsNone(old[0].usage_metadata.candidates_token_count)
        self.assertLess(old[-1].usage_metadata.prompt_token_count, old[0].usage_metadata.prompt_token_count)

    def test_async(self):
        async def both():
            client = self.make()
            whole = await client.aio.models.generate_content(model=MODEL, contents=TEXT)
            text = ""
            async for chunk in await client.aio.models.generate_content_stream(model=MODEL, contents=TEXT):
                text += chunk.text
            await client.aio.aclose()
            return whole.text, text

        self.assertEqual(*asyncio.run(both()))

    def test_limit_and_stop(self):
        cut = self.ask(text="mock-tokens-50", max_output_tokens=40)
        self.assertEqual(cut.candidates[0].finish_reason, types.FinishReason.MAX_TOKENS)
        self.assertEqual(cut.usage_metadata.candidates_token_count, 8)
        empty = self.ask(max_output_tokens=5)
        self.assertIsNone(empty.text)
        self.assertIsNone(empty.usage_metadata.candidates_token_count)
        stopped = self.ask(text="mock-tokens-100", stop_sequences=[" when"])
        self.assertNotIn(" when", stopped.text)

    def test_candidates(self):
        answer = self.ask(candidate_count=3)
        self.assertEqual(len({candidate.content.parts[0].text for candidate in answer.candidates}), 3)
        self.assertEqual([candidate.index for candidate in answer.candidates], [0, 1, 2])

    def test_blocked(self):
        blocked = self.ask(text="mock-block-JAILBREAK")
        self.assertEqual(blocked.prompt_feedback.block_reason, types.BlockedReason.JAILBREAK)
        self.assertIsNone(blocked.text)
        self.billed(blocked.usage_metadata)

    def test_finish_reasons(self):
        for name in ["SAFETY", "RECITATION", "BLOCKLIST", "MALFORMED_FUNCTION_CALL", "OTHER", "LANGUAGE"]:
            with self.subTest(name):
                answer = self.ask(text="mock-finish-" + name)
                self.assertEqual(answer.candidates[0].finish_reason.value, name)
                self.assertEqual(list(self.stream(text="mock-finish-" + name))[-1].candidates[0].finish_reason, name)

    def test_chat(self):
        chat = self.client.chats.create(model=NEWEST)
        self.assertIn("first", chat.send_message("the first").text)
        self.assertIn("second", "".join(chunk.text or "" for chunk in chat.send_message_stream("the second")))
        self.assertEqual([content.role for content in chat.get_history()[:4]], ["user", "model"] * 2)

    def test_images(self):
        picture = types.Part.from_bytes(data=png(), mime_type="image/png")
        distant = types.Part.from_uri(file_uri="https://example.test/cat.png", mime_type="image/png")
        answer = self.ask(text=[picture, distant, "Describe both."])
        self.assertIn("2 images", answer.text)
        details = {detail.modality.value: detail.token_count for detail in answer.usage_metadata.prompt_tokens_details}
        self.assertEqual(details["IMAGE"], 516)
        self.billed(answer.usage_metadata)

    def test_pictures_and_sound(self):
        answer = self.ask(model="gemini-2.5-flash-image", response_modalities=["TEXT", "IMAGE"])
        self.assertTrue(answer.parts[-1].inline_data.data.startswith(b"\x89PNG"))
        self.billed(answer.usage_metadata)
        spoken = self.ask(model="gemini-2.5-flash-preview-tts", response_modalities=["AUDIO"])
        self.assertTrue(spoken.parts[0].inline_data.mime_type.startswith("audio/L16"))

    def test_schema(self):
        class Event(pydantic.BaseModel):
            title: str
            day: int
            guests: list[str]

        answer = self.ask(text="An event.", response_mime_type="application/json", response_schema=Event)
        self.assertIsInstance(answer.parsed, Event)
        ordinary = {
            "type": "object", "properties": {"n": {"$ref": "#/$defs/n"}}, "additionalProperties": False,
            "$defs": {"n": {"type": ["integer", "null"]}},
        }
        answer = self.ask(text="A number.", response_mime_type="application/json", response_json_schema=ordinary)
        self.assertIsInstance(answer.parsed["n"], int)
        pieces = self.stream(text="An event.", response_mime_type="application/json", response_schema=Event)
        self.assertTrue(Event.model_validate_json("".join(piece.text for piece in pieces)))

    def test_enum(self):
        class Tone(enum.Enum):
            HIGH = "high"
            LOW = "low"

        answer = self.ask(text="A tone.", response_mime_type="text/x.enum", response_schema=Tone)
        self.assertIn(answer.text, ["high", "low"])
        self.assertIsInstance(answer.parsed, Tone)

    def test_thoughts(self):
        answer = self.ask(thinking_config={"include_thoughts": True, "thinking_budget": 16})
        self.assertTrue(answer.candidates[0].content.parts[0].thought)
        self.assertEqual(answer.usage_metadata.thoughts_token_count, 16)
        self.billed(answer.usage_metadata)
        self.assertIsNone(self.ask(thinking_config={"thinking_budget": 0}).usage_metadata.thoughts_token_count)
        levels = self.ask(model=NEWEST, thinking_config={"thinking_level": "LOW"})
        self.assertEqual(levels.usage_metadata.thoughts_token_count, 16)
        chunks = list(self.stream(thinking_config={"include_thoughts": True, "thinking_budget": 4}))
        self.assertEqual(sum(1 for chunk in chunks if chunk.candidates[0].content.parts[0].thought), 4)

    def test_remembered_prompts(self):
        self.ask(system_instruction="word " * 1500)
        control("DELETE", "/journal")
        second = self.ask(system_instruction="word " * 1500).usage_metadata
        self.assertGreaterEqual(second.cached_content_token_count, 1408)
        self.assertEqual(control("GET", "/ledger")["entries"][-1]["cached_tokens"], second.cached_content_token_count)

    def test_server_tools(self):
        found = self.ask(tools=[types.Tool(google_search=types.GoogleSearch())])
        self.assertTrue(found.candidates[0].grounding_metadata.grounding_chunks[0].web.uri)
        control("POST", "/reset")
        run = self.ask(tools=[types.Tool(code_execution=types.ToolCodeExecution())])
        self.assertEqual((run.executable_code, run.code_execution_result), ("print(6 * 7)", "42\n"))
        self.assertEqual(run.usage_metadata.tool_use_prompt_token_count, 24)
        self.billed(run.usage_metadata)

    def test_vertex(self):
        client = self.make(vertexai=True)
        answer = self.ask(client)
        self.assertEqual(answer.usage_metadata.traffic_type, types.TrafficType.ON_DEMAND)
        self.assertTrue(answer.create_time)
        self.assertIn("Oslo", "".join(chunk.text for chunk in self.stream(client)))

    def test_version_1(self):
        http = types.HttpOptions(base_url=Target.mock + "/gemini")
        with genai.Client(api_key="AIza-conformance", http_options=http) as client:
            self.assertIn("Oslo", self.ask(client).text)
        self.assertEqual(
            control("GET", "/journal")["requests"][0]["path"], f"/gemini/v1/models/{MODEL}:generateContent"
        )


@needs_mock
class GeminiTools(Gemini):
    def test_call_and_result(self):
        for model in [MODEL, NEWEST]:
            with self.subTest(model):
                tools = declared(WEATHER)
                first = self.ask(text="The weather?", model=model, tools=tools)
                call = first.function_calls[0]
                self.assertEqual(first.candidates[0].finish_reason, types.FinishReason.STOP)
                self.assertIn(call.args["unit"], ["celsius", "fahrenheit"])
                self.assertEqual(call.id is not None, model == NEWEST)
                self.assertTrue(first.candidates[0].content.parts[0].thought_signature)
                result = types.Part.from_function_response(name=call.name, response={"result": "-3 degrees"})
                history = ["The weather?", first.candidates[0].content, types.Content(role="user", parts=[result])]
                self.assertIn("-3 degrees", self.ask(text=history, model=model, tools=tools).text)

    def test_automatic_calling(self):
        asked = []

        def get_weather(city: str) -> str:
            """The weather of a city."""
            asked.append(city)
            return "-3 degrees"

        answer = self.ask(text="The weather?", model=NEWEST, tools=[get_weather])
        self.assertEqual(asked, ["Oslo"])
        self.assertIn("-3 degrees", answer.text)

    def test_parallel_calls(self):
        both = self.ask(text="get_weather and get_time", tools=declared(WEATHER, CLOCK))
        self.assertEqual([call.name for call in both.function_calls], ["get_weather", "get_time"])
        chunks = list(self.stream(text="get_weather and get_time", tools=declared(WEATHER, CLOCK)))
        calls = [call for chunk in chunks for call in chunk.function_calls or []]
        self.assertEqual([call.args for call in calls], [call.args for call in both.function_calls])
        control("POST", "/reset")
        self.billed(list(self.stream(text="get_weather and get_time", tools=declared(WEATHER, CLOCK)))[-1].usage_metadata)

    def test_modes(self):
        def config(mode, names=None):
            calling = types.FunctionCallingConfig(mode=mode, allowed_function_names=names)
            return types.ToolConfig(function_calling_config=calling)

        tools = declared(WEATHER, CLOCK)
        named = self.ask(tools=tools, tool_config=config("ANY", ["get_time"]))
        self.assertEqual([call.name for call in named.function_calls], ["get_time"])
        self.assertTrue(self.ask(tools=tools, tool_config=config("ANY")).function_calls)
        self.assertIsNone(self.ask(tools=tools, tool_config=config("NONE")).function_calls)

    def test_ordinary_schema(self):
        function = types.FunctionDeclaration(
            name="f", parameters_json_schema={"type": "object", "properties": {"n": {"type": "integer"}}}
        )
        answer = self.ask(tools=[types.Tool(function_declarations=[function])])
        self.assertIsInstance(answer.function_calls[0].args["n"], int)


@needs_mock
class GeminiStored(Gemini):
    def test_counts(self):
        counted = self.client.models.count_tokens(model=MODEL, contents=TEXT)
        self.assertEqual(counted.total_tokens, self.ask().usage_metadata.prompt_token_count)

    def test_embeddings(self):
        answer = self.client.models.embed_content(model="gemini-embedding-001", contents=["a", "b"])
        self.assertEqual([len(found.values) for found in answer.embeddings], [3072, 3072])
        config = {"output_dimensionality": 256, "task_type": "RETRIEVAL_QUERY"}
        one = self.client.models.embed_content(model="gemini-embedding-001", contents="a", config=config)
        self.assertEqual(one.embeddings[0].values, answer.embeddings[0].values[:256])
        joined = self.client.models.embed_content(model="gemini-embedding-2", contents=["a", "b"])
        self.assertEqual(len(joined.embeddings), 1)

    def test_models(self):
        listed = [model.name for model in self.client.models.list(config={"page_size": 4})]
        self.assertEqual(len(listed), len(set(listed)))
        self.assertIn("models/" + MODEL, listed)
        self.assertEqual(self.client.models.get(model=MODEL).display_name, "Gemini 2.5 Flash")

    def test_caches(self):
        config = {"contents": ["word " * 1500], "ttl": "300s", "display_name": "Words"}
        cache = self.client.caches.create(model=MODEL, config=config)
        self.assertEqual((cache.expire_time - cache.create_time).seconds, 300)
        answer = self.ask(cached_content=cache.name)
        self.assertEqual(answer.usage_metadata.cached_content_token_count, cache.usage_metadata.total_token_count)
        self.billed(answer.usage_metadata)
        changed = self.client.caches.update(name=cache.name, config={"ttl": "600s"})
        self.assertEqual((changed.expire_time - changed.create_time).seconds, 600)
        self.assertEqual([found.name for found in self.client.caches.list()], [cache.name])
        self.client.caches.delete(name=cache.name)
        with self.assertRaises(genai.errors.ClientError):
            self.client.caches.get(name=cache.name)

    def test_files(self):
        with tempfile.NamedTemporaryFile(suffix=".txt") as file:
            file.write(b"hello")
            file.flush()
            uploaded = self.client.files.upload(file=file.name)
        self.assertEqual((uploaded.size_bytes, uploaded.state.value), (5, "ACTIVE"))
        self.assertTrue(self.ask(text=["Read this.", uploaded]).text)
        self.assertEqual([found.name for found in self.client.files.list()], [uploaded.name])
        self.client.files.delete(name=uploaded.name)
        with self.assertRaises(genai.errors.ClientError) as caught:
            self.ask(text=["Read this.", uploaded])
        self.assertEqual((caught.exception.code, caught.exception.status), (403, "PERMISSION_DENIED"))

    def test_imagen(self):
        client = self.make(vertexai=True)
        answer = client.models.generate_images(
            model="imagen-4.0-generate-001", prompt="A cat.", config={"number_of_images": 2}
        )
        self.assertEqual([found.image.mime_type for found in answer.generated_images], ["image/png"] * 2)
