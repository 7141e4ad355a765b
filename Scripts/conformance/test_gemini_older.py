"""Google's older package (google-generativeai) against the mock; its streams are JSON arrays."""

import json

import google.generativeai as older
import requests
import typing_extensions
from google.api_core import exceptions
from google.protobuf import json_format

from suite import Target, control, needs_mock
from test_gemini_generate import CLOCK, MODEL, TEXT, WEATHER, Gemini
from test_openai_chat import png


class Older(Gemini):
    def setUp(self):
        super().setUp()
        self.configure("AIza-conformance")

    def configure(self, key):
        address = Target.mock + "/gemini"
        older.configure(api_key=key, transport="rest", client_options={"api_endpoint": address})


@needs_mock
class GeminiOlder(Older):
    def test_whole_and_stream(self):
        model = older.GenerativeModel(MODEL)
        whole = model.generate_content(TEXT)
        chunks = list(model.generate_content(TEXT, stream=True))
        self.assertEqual("".join(chunk.text for chunk in chunks), whole.text)
        self.assertEqual(whole.candidates[0].finish_reason.name, "STOP")
        entries = control("GET", "/ledger")["entries"]
        self.assertEqual(entries[0]["prompt_tokens"], whole.usage_metadata.prompt_token_count)
        self.assertEqual(entries[0]["completion_tokens"], entries[1]["completion_tokens"])

    def test_tools(self):
        tools = [older.protos.Tool(function_declarations=[{"name": "get_time", "description": "The time"}])]
        chat = older.GenerativeModel(MODEL, tools=tools).start_chat()
        part = chat.send_message("get_time").parts[0]
        self.assertEqual(part.function_call.name, "get_time")
        result = older.protos.FunctionResponse(name="get_time", response={"result": "noon"})
        self.assertIn("noon", chat.send_message(older.protos.Part(function_response=result)).text)

    def test_two_calls(self):
        model = older.GenerativeModel(MODEL, tools=[older.protos.Tool(function_declarations=[WEATHER, CLOCK])])
        text = "get_weather and get_time"
        whole = [part.function_call for part in model.generate_content(text).parts]
        self.assertEqual([call.name for call in whole], ["get_weather", "get_time"])
        self.assertIn(whole[0].args["unit"], ["celsius", "fahrenheit"])
        pieces = [part for chunk in model.generate_content(text, stream=True) for part in chunk.parts]
        streamed = [part.function_call for part in pieces if part.function_call.name]
        self.assertEqual([dict(call.args) for call in streamed], [dict(call.args) for call in whole])

    def test_tool_modes(self):
        model = older.GenerativeModel(MODEL, tools=[older.protos.Tool(function_declarations=[WEATHER, CLOCK])])

        def called(mode, **names):
            config = {"function_calling_config": {"mode": mode, **names}}
            parts = model.generate_content(TEXT, tool_config=config).parts
            return [part.function_call.name for part in parts if part.function_call.name]

        self.assertEqual(called("ANY", allowed_function_names=["get_time"]), ["get_time"])
        self.assertEqual(called("ANY"), ["get_weather"])
        self.assertEqual(called("NONE"), [])

    def test_images(self):
        inline = {"mime_type": "image/png", "data": png()}
        distant = older.protos.Part(file_data={"mime_type": "image/png", "file_uri": "https://example.test/cat.png"})
        answer = older.GenerativeModel(MODEL).generate_content(["Describe both.", inline, distant])
        self.assertIn("2 images", answer.text)

    def test_schema(self):
        class Event(typing_extensions.TypedDict):
            title: str
            day: int

        config = older.GenerationConfig(response_mime_type="application/json", response_schema=Event)
        model = older.GenerativeModel(MODEL, generation_config=config)
        event = json.loads(model.generate_content("An event.").text)
        self.assertEqual({name: type(value) for name, value in event.items()}, {"title": str, "day": int})
        pieces = model.generate_content("An event.", stream=True)
        self.assertEqual(set(json.loads("".join(piece.text for piece in pieces))), {"title", "day"})

    def test_remembered_prompts(self):
        model = older.GenerativeModel(MODEL, system_instruction="word " * 1500)
        counts = [model.generate_content(TEXT).usage_metadata.cached_content_token_count for _ in range(2)]
        self.assertEqual(counts, [entry["cached_tokens"] for entry in control("GET", "/ledger")["entries"]])
        self.assertEqual(counts[0], 0)
        self.assertGreaterEqual(counts[1], 1408)

    def test_blocked(self):
        answer = older.GenerativeModel(MODEL).generate_content("mock-block")
        self.assertEqual(answer.prompt_feedback.block_reason.name, "PROHIBITED_CONTENT")
        filtered = older.GenerativeModel(MODEL).generate_content("mock-filter")
        self.assertEqual(filtered.candidates[0].finish_reason.name, "SAFETY")

    def test_others(self):
        self.assertEqual(older.GenerativeModel(MODEL).count_tokens(TEXT).total_tokens, 5)
        vector = older.embed_content(model="models/text-embedding-004", content="a")["embedding"]
        self.assertEqual(len(vector), 768)
        both = older.embed_content(model="models/text-embedding-004", content=["a", "b"])["embedding"]
        self.assertEqual(both[0], vector)
        self.assertIn("models/" + MODEL, [model.name for model in older.list_models(page_size=5)])


@needs_mock
class GeminiOlderErrors(Older):
    def once(self, name=MODEL, stream=False, timeout=10):
        """Tries once, and reads a stream to its end."""
        model = older.GenerativeModel(name)
        answer = model.generate_content(TEXT, stream=stream, request_options={"retry": None, "timeout": timeout})
        return list(answer) if stream else answer

    def test_errors(self):
        cases = [
            ("400", exceptions.BadRequest), ("403", exceptions.Forbidden), ("404", exceptions.NotFound),
            ("429", exceptions.TooManyRequests), ("500", exceptions.InternalServerError),
            ("503", exceptions.ServiceUnavailable), ("504", exceptions.GatewayTimeout),
        ]
        for name, kind in cases:
            with self.subTest(name), self.counted(1), self.assertRaises(kind):
                self.once("mock-error-" + name)
            # The package does not understand an error inside a list.
            with self.subTest(name + " of a stream"), self.assertRaises(exceptions.BadRequest) as caught:
                self.once("mock-error-" + name, stream=True)
            self.assertIn("Unknown error trying to retrieve streaming response", str(caught.exception))

    def test_error_in_mid_stream_is_not_noticed(self):
        self.fault(stream_error=3)
        chunks = self.once(stream=True)
        self.assertEqual([len(chunk.candidates) for chunk in chunks], [1, 1, 1, 0])

    def test_bad_key(self):
        self.configure("AIza-mock-bad")
        with self.assertRaises(exceptions.BadRequest) as caught:
            self.once()
        self.assertIn("API key not valid", str(caught.exception))

    def test_cloudflare_pages(self):
        for name in ["403", "502", "520", "521", "522", "523", "524"]:
            with self.subTest(name), self.assertRaises(exceptions.GoogleAPICallError) as caught:
                self.fault(html=name)
                self.once()
            self.assertEqual(caught.exception.code, int(name))

    def test_stream_cut(self):
        for fault in ({"cut_events": 3}, {"cut_bytes": 500}):
            with self.subTest(**fault), self.assertRaises(requests.exceptions.ChunkedEncodingError):
                self.fault(**fault)
                self.once(stream=True)

    def test_stall_and_silence(self):
        self.fault(stall_events=2)
        with self.assertRaises(requests.exceptions.ConnectionError) as caught:
            self.once(stream=True, timeout=0.4)
        self.assertIn("Read timed out", str(caught.exception))
        with self.assertRaises(requests.exceptions.ReadTimeout):
            self.once("mock-stall", timeout=0.4)

    def test_invalid_utf8(self):
        self.fault(bad_utf8=True)
        with self.assertRaises(UnicodeDecodeError):
            self.once()
        self.fault(bad_utf8=True)
        # In a stream the package replaces invalid UTF-8 by U+FFFD.
        self.assertIn("\ufffd", "".join(chunk.text for chunk in self.once(stream=True)))

    def test_empty_200(self):
        self.fault(empty=True)
        with self.assertRaises(json_format.ParseError):
            self.once()
        self.fault(empty=True)
        with self.assertRaises(StopIteration):
            self.once(stream=True)
