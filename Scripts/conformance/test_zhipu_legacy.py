"""Zhipu's package for version 3 of its API, zhipuai 1.0.7, against the mock.

It has the name of the newer package, so that it needs an environment of its own; in the other one these cases are
skipped.
"""

import json
import unittest

import zhipuai

from suite import Target, control, needs_mock

TURN = [{"role": "user", "content": "Say hello to Oslo."}]


@needs_mock
@unittest.skipUnless(hasattr(zhipuai, "model_api"), "needs zhipuai 1.0.7")
class ZhipuLegacy(unittest.TestCase):
    def setUp(self):
        control("POST", "/reset")
        zhipuai.model_api_url = Target.mock + "/zhipu/api/paas/v3/model-api"
        zhipuai.api_key = "conformance.conformance-secret"

    def invoke(self, model="chatglm_turbo", **options):
        return zhipuai.model_api.invoke(model=model, prompt=TURN, **options)

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
