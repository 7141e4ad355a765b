"""google-genai against the mock's errors and faults, and the older google-generativeai."""

import google.generativeai as older
from google.api_core import exceptions
from google.genai import errors, types

from suite import Target, control, needs_mock
from test_gemini_generate import CLOCK, MODEL, NEWEST, TEXT, WEATHER, Gemini, declared

AGAIN = types.HttpRetryOptions(attempts=3, initial_delay=0.01, max_delay=0.02)


@needs_mock
class GeminiErrors(Gemini):
    def raises(self, kind, tries=1, client=None, **options):
        with self.counted(tries), self.assertRaises(kind) as caught:
            self.ask(client, **options)
        return caught.exception

    def test_bad_requests(self):
        unknown = {"name": "f", "parameters_json_schema": {}, "parameters": WEATHER["parameters"]}
        lonely = types.Content(role="user", parts=[types.Part.from_function_response(name="f", response={"a": 1})])
        call = types.Content(role="model", parts=[types.Part.from_function_call(name="get_time", args={})])
        answer = types.Content(
            role="user", parts=[types.Part.from_function_response(name="get_time", response={"result": "noon"})]
        )
        cases = [
            ({"temperature": 3}, "temperature"),
            ({"tools": declared(unknown)}, "Only one of"),
            ({"text": [lonely]}, "number of function response parts"),
            ({"text": [call]}, "function call turn comes immediately"),
            ({"text": ["Hi", call, answer], "model": NEWEST}, "thought_signature"),
            ({"model": "gemini-2.5-pro", "thinking_config": {"thinking_budget": 0}}, "Budget 0 is invalid"),
            ({"tools": declared(CLOCK), "response_mime_type": "application/json"}, "response mime type"),
            ({"text": [types.Part(text="Hi"), types.Part()]}, "required oneof field 'data'"),
            ({"text": [types.Content(role="system", parts=[types.Part(text="Hi")])]}, "valid role: user, model."),
            ({"text": [types.Part.from_bytes(data=b"no", mime_type="image/png")]}, "Unable to process input image"),
        ]
        for options, message in cases:
            with self.subTest(message):
                error = self.raises(errors.ClientError, **options)
                self.assertIn(message, error.message)
                self.assertEqual((error.code, error.status), (400, "INVALID_ARGUMENT"))

    def test_unknown_model(self):
        error = self.raises(errors.ClientError, model="gemini-3.6-flahs")
        self.assertEqual((error.code, error.status), (404, "NOT_FOUND"))
        self.assertTrue(error.message.startswith("models/gemini-3.6-flahs is not found for API version v1beta"))

    def test_keys(self):
        cases = [
            ("AIza-mock-bad", 400, "API key not valid"), ("AIza-mock-expired", 400, "API key expired"),
            ("AIza-mock-leaked", 403, "reported as leaked"), ("AIza-mock-disabled", 403, "has not been used"),
            ("AIza-mock-abroad", 400, "User location is not supported"),
        ]
        for key, code, message in cases:
            with self.subTest(key):
                error = self.raises(errors.ClientError, client=self.make(api_key=key))
                self.assertEqual(error.code, code)
                self.assertIn(message, error.message)

    def test_each_name(self):
        cases = [
            ("400", 400, 1), ("401", 401, 1), ("403", 403, 1), ("404", 404, 1), ("408", 408, 3), ("409", 409, 1),
            ("429", 429, 3), ("resource_exhausted", 429, 3), ("499", 499, 1), ("500", 500, 3), ("502", 502, 3),
            ("503", 503, 3), ("504", 504, 3), ("context_length_exceeded", 400, 1), ("schema_keyword", 400, 1),
            ("no_contents", 400, 1), ("file_denied", 403, 1), ("service_disabled", 403, 1),
        ]
        client = self.make(retries=AGAIN)
        for name, code, tries in cases:
            with self.subTest(name):
                kind = errors.ServerError if code >= 500 else errors.ClientError
                error = self.raises(kind, tries, client, model="mock-error-" + name)
                self.assertEqual(error.code, code)

    def test_quota(self):
        error = self.raises(errors.ClientError, model="mock-error-429")
        kinds = [detail["@type"].split(".")[-1] for detail in error.details["error"]["details"]]
        self.assertEqual(kinds, ["QuotaFailure", "Help", "RetryInfo"])
        self.assertEqual(error.status, "RESOURCE_EXHAUSTED")

    def test_one_fault_then_an_answer(self):
        self.fault(count=2, error=503)
        with self.counted(3):
            self.assertIn("Oslo", self.ask(self.make(retries=AGAIN)).text)

    def test_streams_are_refused_before_they_begin(self):
        with self.assertRaises(errors.ServerError) as caught:
            list(self.stream(model="mock-error-503"))
        self.assertEqual(caught.exception.status, "UNAVAILABLE")


@needs_mock
class GeminiFaults(Gemini):
    def read(self, **options):
        return "".join(chunk.text or "" for chunk in self.stream(**options))

    def test_cloudflare_pages(self):
        for name in ["403", "502", "520", "521", "522", "523", "524"]:
            with self.subTest(name):
                self.fault(html=name)
                with self.assertRaises(errors.APIError) as caught:
                    self.ask()
                self.assertEqual(caught.exception.code, int(name))

    def test_error_in_mid_stream(self):
        self.fault(stream_error=3)
        with self.assertRaises(errors.ServerError) as caught:
            self.read()
        self.assertEqual((caught.exception.code, caught.exception.status), (503, "UNAVAILABLE"))

    def test_stream_cut(self):
        self.fault(cut_events=3)
        with self.assertRaises(Exception) as caught:
            self.read()
        self.assertIn("Protocol", type(caught.exception).__name__)

    def test_what_the_package_can_not_read(self):
        for framing in ["comments", "nospace"]:
            with self.subTest(framing), self.assertRaises(errors.UnknownApiResponseError):
                self.fault(framing=framing)
                self.read()
        self.fault(framing="crlf")
        self.assertIn("Oslo", self.read())

    def test_stall_and_silence(self):
        client = self.make(timeout=500)
        self.fault(stall_events=2)
        with self.assertRaises(Exception) as caught:
            self.read(client=client)
        self.assertIn("imeout", type(caught.exception).__name__)
        with self.assertRaises(Exception) as caught:
            self.ask(client, model="mock-stall")
        self.assertIn("imeout", type(caught.exception).__name__)

    def test_reset(self):
        with self.assertRaises(Exception) as caught:
            self.ask(model="mock-reset")
        self.assertIn(type(caught.exception).__name__, ["ReadError", "RemoteProtocolError", "ConnectError"])

    def test_invalid_utf8(self):
        self.fault(bad_utf8=True)
        self.assertIn("\ufffd", self.read())
        self.fault(bad_utf8=True)
        self.assertIn("\ufffd", self.ask().text)

    def test_invalid_json(self):
        self.fault(bad_json=True)
        with self.assertRaises(errors.UnknownApiResponseError):
            self.read()

    def test_empty_200_looks_like_an_empty_answer(self):
        self.fault(empty=True)
        self.assertIsNone(self.ask().candidates)

    def test_usage(self):
        self.assertIsNone(self.ask(model="mock-usage-missing").usage_metadata)
        wrong = self.ask(model="mock-usage-wrong").usage_metadata
        entry = control("GET", "/ledger")["entries"][-1]
        self.assertEqual(wrong.prompt_token_count, entry["prompt_tokens"] * 10)


@needs_mock
class GeminiOlder(Gemini):
    """google-generativeai, whose streams are JSON arrays."""

    def setUp(self):
        super().setUp()
        self.configure("AIza-conformance")

    def configure(self, key):
        address = Target.mock + "/gemini"
        older.configure(api_key=key, transport="rest", client_options={"api_endpoint": address})

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

    def test_errors(self):
        cases = [
            ("400", exceptions.BadRequest), ("403", exceptions.Forbidden), ("404", exceptions.NotFound),
            ("500", exceptions.InternalServerError), ("504", exceptions.GatewayTimeout),
        ]
        for name, kind in cases:
            model = older.GenerativeModel("mock-error-" + name)
            with self.subTest(name), self.assertRaises(kind):
                model.generate_content(TEXT, request_options={"retry": None})
            # A refusal in a list is more than the package understands.
            with self.subTest(name + " of a stream"), self.assertRaises(exceptions.BadRequest) as caught:
                model.generate_content(TEXT, stream=True, request_options={"retry": None})
            self.assertIn("Unknown error trying to retrieve streaming response", str(caught.exception))

    def test_error_in_mid_stream_is_not_noticed(self):
        self.fault(stream_error=3)
        chunks = list(older.GenerativeModel(MODEL).generate_content(TEXT, stream=True))
        self.assertEqual([len(chunk.candidates) for chunk in chunks], [1, 1, 1, 0])

    def test_bad_key(self):
        self.configure("AIza-mock-bad")
        with self.assertRaises(exceptions.BadRequest) as caught:
            older.GenerativeModel(MODEL).generate_content(TEXT)
        self.assertIn("API key not valid", str(caught.exception))
