"""Baidu's own package against the workshop (version 1): tokens, signatures, errors, faults."""

import json

import qianfan
import qianfan.errors
import requests

from baidu import Workshop
from suite import control, needs_mock

MODEL = "ERNIE-4.0-8K"


@needs_mock
class BaiduWorkshopKeys(Workshop):
    def test_pair(self):
        with self.counted(3):
            client = qianfan.ChatCompletion(ak="conformance-ak", sk="conformance-sk")
            self.ask(client)
            self.ask(client)
        self.assertEqual(control("GET", "/ledger")["keys"]["conformance-ak"]["answers"], 2)

    def test_wrong_pair(self):
        for pair, word in [(("mock-bad-ak", "sk"), "AK("), (("good-ak", "mock-bad-sk"), "SK(")]:
            with self.subTest(pair), self.counted(1), self.assertRaises(qianfan.errors.AuthError) as caught:
                self.ask(qianfan.ChatCompletion(ak=pair[0], sk=pair[1]))
            self.assertIn(word, str(caught.exception))

    def test_expired_token_is_refreshed_once(self):
        client = qianfan.ChatCompletion(ak="ak-mock-expires-1", sk="sk")
        self.ask(client)
        with self.counted(3):
            self.assertIn("Oslo", self.ask(client)["result"])
        with self.counted(3):
            self.assertIn("Oslo", "".join(piece["result"] for piece in self.ask(client, stream=True)))

    def test_bad_token(self):
        for token in ["24.unknown", "24.mock-expired"]:
            client = qianfan.ChatCompletion(access_token=token)
            self.raises(qianfan.errors.AccessTokenExpiredError, 2, client)

    def test_signature(self):
        client = qianfan.ChatCompletion(access_key="conformance", secret_key="conformance-secret")
        self.assertIn("Oslo", self.ask(client)["result"])
        self.assertTrue(list(self.ask(client, stream=True))[-1]["is_end"])
        self.assertFalse([call for call in control("GET", "/journal")["requests"] if "oauth" in call["path"]])
        self.assertEqual(control("GET", "/ledger")["keys"]["conformance"]["answers"], 2)

    def test_wrong_signature(self):
        client = qianfan.ChatCompletion(access_key="conformance", secret_key="wrong")
        with self.assertRaises(qianfan.errors.QianfanError) as caught:
            self.ask(client)
        self.assertIn("IAM", str(caught.exception))


@needs_mock
class BaiduWorkshopErrors(Workshop):
    def test_catalogue(self):
        cases = [
            (1, 1), (2, 3), (3, 1), (4, 1), (6, 1), (13, 1), (14, 1), (15, 3), (17, 1), (18, 3), (19, 1), (100, 1),
            (336000, 1), (336001, 1), (336002, 1), (336003, 1), (336004, 1), (336005, 1), (336006, 1), (336007, 1),
            (336100, 3), (336101, 1), (336102, 1), (336103, 1), (336104, 1), (336105, 1), (336117, 1), (336122, 1),
            (336123, 1), (336200, 1), (336501, 3), (336502, 3), (500000, 1),
        ]
        for code, tries in cases:
            for stream in [False, True]:
                with self.subTest(code=code, stream=stream):
                    error = self.raises(
                        qianfan.errors.APIError, tries, endpoint=f"mock-error-{code}", stream=stream
                    )
                    self.assertEqual(error.error_code, code)

    def test_hints(self):
        self.assertIn("欠费", self.raises(qianfan.errors.APIError, endpoint="mock-error-17").error_msg)
        self.assertIn("IAM 鉴权失败", self.raises(qianfan.errors.APIError, endpoint="mock-error-14").error_msg)

    def test_expired_by_name(self):
        for code in [110, 111]:
            self.raises(qianfan.errors.AccessTokenExpiredError, 2, endpoint=f"mock-error-{code}")

    def test_a_retry_that_helps(self):
        self.fault(count=2, error=18)
        with self.counted(3):
            self.assertIn("Oslo", self.ask()["result"])

    def test_bad_requests(self):
        cases = [
            ({"temperature": 0}, "temperature is invalid"), ({"top_p": 2}, "top_p is invalid"),
            ({"penalty_score": 3}, "penalty_score is invalid"),
            ({"messages": self.body()["messages"] * 2}, "the length of messages must be an odd number"),
            ({"messages": []}, "messages can not be empty"),
        ]
        for options, message in cases:
            with self.subTest(message), self.assertRaises(qianfan.errors.APIError) as caught:
                self.client.do(**{"model": MODEL, **self.body(), **options})
            self.assertEqual((caught.exception.error_code, caught.exception.error_msg), (336003, message))
            self.assertTrue(caught.exception.req_id.startswith("as-"))

    def test_unknown_endpoint(self):
        error = self.raises(qianfan.errors.APIError, endpoint="nobody")
        self.assertEqual(error.error_msg, "Unsupported openapi method")


@needs_mock
class BaiduWorkshopFaults(Workshop):
    def hear(self, **options):
        return "".join(piece["result"] for piece in self.ask(stream=True, **options))

    def test_cloudflare_pages(self):
        for name in ["403", "502", "520", "521", "522", "523", "524"]:
            with self.subTest(name):
                self.fault(html=name)
                error = self.raises(qianfan.errors.RequestError)
                self.assertEqual(error.status_code, int(name))
                self.fault(html=name)
                self.raises(json.JSONDecodeError, stream=True)

    def test_error_in_mid_stream(self):
        self.fault(stream_error=2)
        heard = []
        with self.counted(1), self.assertRaises(qianfan.errors.APIError) as caught:
            for piece in self.ask(stream=True):
                heard.append(piece["result"])
        self.assertEqual(caught.exception.error_code, 336100)
        self.assertEqual(len(heard), 2)

    def test_stream_cut(self):
        self.fault(cut_events=3)
        with self.assertRaises(requests.exceptions.ChunkedEncodingError):
            self.hear()

    def test_no_end_goes_unnoticed(self):
        self.fault(no_done=True)
        self.assertIn("Oslo", self.hear())

    def test_framings(self):
        self.fault(framing="crlf")
        self.assertIn("Oslo", self.hear())
        for framing in ["nospace", "comments"]:
            self.fault(framing=framing)
            with self.subTest(framing), self.assertRaises(qianfan.errors.RequestError):
                self.hear()

    def test_stall(self):
        self.fault(stall_events=2)
        with self.assertRaises(requests.exceptions.RequestException) as caught:
            self.hear(request_timeout=0.5)
        self.assertIn("timed out", str(caught.exception))

    def test_silence_and_reset(self):
        self.raises(requests.exceptions.Timeout, 1, endpoint="mock-stall", request_timeout=0.4, retry_count=1)
        self.raises(requests.exceptions.ConnectionError, 3, endpoint="mock-reset")

    def test_invalid_utf8(self):
        self.fault(bad_utf8=True)
        with self.assertRaises(UnicodeDecodeError):
            self.hear()

    def test_empty_200(self):
        self.fault(empty=True)
        self.raises(qianfan.errors.RequestError)
