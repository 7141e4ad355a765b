"""Zhipu's package for version 3 of its API, zhipuai 1.0.7, against the mock.

It has the same name as the newer package, so it needs an environment of its own. In the other environment these
cases are skipped.
"""

import json
import logging
import unittest

import requests
import zhipuai

from suite import Target, control, needs_mock

TURN = [{"role": "user", "content": "Say hello to Oslo."}]


class Legacy(unittest.TestCase):
    def setUp(self):
        control("POST", "/reset")
        zhipuai.model_api_url = Target.mock + "/zhipu/api/paas/v3/model-api"
        zhipuai.api_key = "conformance.conformance-secret"

    def invoke(self, model="chatglm_turbo", **options):
        return zhipuai.model_api.invoke(model=model, prompt=TURN, **options)


@needs_mock
@unittest.skipUnless(hasattr(zhipuai, "model_api"), "needs zhipuai 1.0.7")
class ZhipuLegacy(Legacy):
    def check_usage(self, usage):
        total = control("GET", "/ledger")["total"]
        self.assertEqual(total["prompt_tokens"], usage["prompt_tokens"])
        self.assertEqual(total["completion_tokens"], usage["completion_tokens"])

    def test_whole(self):
        answer = self.invoke(top_p=0.7, temperature=0.9)
        self.assertEqual((answer["code"], answer["success"]), (200, True))
        self.assertIn("Oslo", json.loads(answer["data"]["choices"][0]["content"]))
        self.check_usage(answer["data"]["usage"])

    def test_stream(self):
        events = list(zhipuai.model_api.sse_invoke(model="chatglm_turbo", prompt=TURN, incremental=True).events())
        self.assertEqual({event.event for event in events[:-1]}, {"add"})
        self.assertIn("Oslo", "".join(event.data for event in events[:-1]))
        self.assertEqual(events[-1].event, "finish")
        meta = json.loads(events[-1].meta)
        self.assertEqual(meta["task_status"], "SUCCESS")
        self.check_usage(meta["usage"])

    def test_task(self):
        task = zhipuai.model_api.async_invoke(model="chatglm_turbo", prompt=TURN)["data"]
        while task["task_status"] == "PROCESSING":
            task = zhipuai.model_api.query_async_invoke_result(task["task_id"])["data"]
        self.assertEqual(task["task_status"], "SUCCESS")
        self.check_usage(task["usage"])

    def test_refusals(self):
        for model, code in [("chatglm_nope", 1211), ("mock-error-1261", 1261), ("mock-error-429", 1302)]:
            with self.subTest(model):
                answer = self.invoke(model)
                self.assertEqual((answer["code"], answer["success"]), (code, False))

    def test_keys(self):
        for key, code in [("conformance.wrong", 1004), ("mock-bad.mock-bad-secret", 1000)]:
            with self.subTest(key):
                zhipuai.api_key = key
                self.assertEqual(self.invoke()["code"], code)


@needs_mock
@unittest.skipUnless(hasattr(zhipuai, "model_api"), "needs zhipuai 1.0.7")
class ZhipuLegacyFaults(Legacy):
    """The package logs errors and returns nothing. Reading a stream of nothing fails."""

    def setUp(self):
        super().setUp()
        # It logs with one argument too many, so Python's logging prints an error.
        logging.disable(logging.CRITICAL)
        self.addCleanup(logging.disable, logging.NOTSET)
        self.addCleanup(setattr, zhipuai, "api_timeout_seconds", zhipuai.api_timeout_seconds)

    def fault(self, **fields):
        control("POST", "/faults", {"count": 1, **fields})

    def read(self, model="chatglm_turbo"):
        return list(zhipuai.model_api.sse_invoke(model=model, prompt=TURN, incremental=True).events())

    def test_cloudflare_pages(self):
        for name in ["403", "502", "520", "521", "522", "523", "524"]:
            with self.subTest(name):
                self.fault(html=name)
                self.assertIsNone(self.invoke())
                self.fault(html=name)
                with self.assertRaises(TypeError):
                    self.read()

    def test_error_in_mid_stream(self):
        self.fault(stream_error=3)
        last = self.read()[-1]
        self.assertEqual((last.event, json.loads(last.meta)["task_status"]), ("error", "FAIL"))
        self.assertIn("网络错误", last.data)

    def test_stream_cut(self):
        for fault in ({"cut_events": 3}, {"cut_bytes": 150}):
            with self.subTest(**fault), self.assertRaises(requests.exceptions.ChunkedEncodingError):
                self.fault(**fault)
                self.read()

    def test_stall_and_silence(self):
        zhipuai.api_timeout_seconds = 0.4
        self.fault(stall_events=2)
        with self.assertRaisesRegex(requests.exceptions.ConnectionError, "Read timed out"):
            self.read()
        self.assertIsNone(self.invoke("mock-stall"))

    def test_reset(self):
        self.assertIsNone(self.invoke("mock-reset"))

    def test_invalid_utf8(self):
        self.fault(bad_utf8=True)
        # In a whole answer the package replaces invalid UTF-8 by U+FFFD.
        self.assertIn("\ufffd", self.invoke()["data"]["choices"][0]["content"])
        self.fault(bad_utf8=True)
        with self.assertRaises(UnicodeDecodeError):
            self.read()

    def test_empty_200(self):
        self.fault(empty=True)
        self.assertIsNone(self.invoke())
        self.fault(empty=True)
        self.assertEqual(self.read(), [])
