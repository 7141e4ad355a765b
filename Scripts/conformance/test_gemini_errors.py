"""google-genai against the mock's errors and faults."""

from google.genai import errors, types

from suite import control, needs_mock
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
