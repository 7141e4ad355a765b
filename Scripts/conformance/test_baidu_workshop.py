"""Baidu's own package against the first generation: chats, functions, tasks, tokens, signatures, errors, faults."""

import asyncio
import base64
import json

import qianfan
import qianfan.errors
import requests

from baidu import CLOCK, TOKEN, WEATHER, Qianfan, refill
from suite import control, needs_mock
from test_openai_chat import png

MODEL = "ERNIE-4.0-8K"


class Workshop(Qianfan):
    def ask(self, client=None, text="Say hello to Oslo.", **options):
        if "endpoint" not in options:
            options.setdefault("model", MODEL)
        return (client or self.client).do(**self.body(text, **options))


@needs_mock
class BaiduWorkshopChat(Workshop):
    def test_whole(self):
        answer = self.ask(request_id="conformance-1")
        self.assertEqual(answer.code, 200)
        self.assertTrue(answer["id"].startswith("as-"))
        self.assertEqual((answer["object"], answer["finish_reason"]), ("chat.completion", "normal"))
        self.assertIn("Oslo", answer["result"])
        self.assertBilled(answer["usage"])
        self.assertIn("X-Baidu-Request-Id", answer.headers)

    def test_stream(self):
        answers = list(self.ask(stream=True))
        self.assertIn("Oslo", "".join(answer["result"] for answer in answers))
        self.assertEqual([answer["sentence_id"] for answer in answers], list(range(len(answers))))
        self.assertEqual([answer["is_end"] for answer in answers].count(True), 1)
        self.assertEqual(len({answer["id"] for answer in answers}), 1)
        self.assertBilled(answers[-1]["usage"])

    def test_stream_equals_whole(self):
        control("POST", "/script", {"count": 2, "text": "Vom Meer: 海的声音 and 🦀."})
        whole = self.ask()["result"]
        self.assertEqual("".join(answer["result"] for answer in self.ask(stream=True)), whole)

    def test_async(self):
        async def run():
            whole = await self.client.ado(model=MODEL, **self.body())
            await refill()
            pieces = [piece async for piece in await self.client.ado(model=MODEL, stream=True, **self.body())]
            return whole, pieces

        whole, pieces = asyncio.run(run())
        self.assertIn("Oslo", whole["result"])
        self.assertIn("Oslo", "".join(piece["result"] for piece in pieces))
        self.assertTrue(pieces[-1]["is_end"])

    def test_endpoint_by_hand_and_by_model(self):
        self.assertIn("Oslo", self.ask(endpoint="mock-mine")["result"])
        for model in ["ERNIE-Speed-8K", "ERNIE-3.5-8K", "ERNIE-Lite-8K", "ERNIE-Speed-128K", "ERNIE-Tiny-8K"]:
            with self.subTest(model):
                self.assertIn("Oslo", self.ask(model=model)["result"])

    def test_history_and_system(self):
        messages = qianfan.Messages()
        messages.append("Hello.")
        messages.append(self.client.do(messages=messages, model=MODEL))
        messages.append("What of Oslo?")
        self.assertIn("Oslo", self.client.do(messages=messages, model=MODEL, system="Be kind.")["result"])

    def test_truncated_and_continued(self):
        cut = self.ask(text="mock-tokens-40", max_output_tokens=7)
        self.assertTrue(cut["is_truncated"])
        self.assertEqual(cut["usage"]["completion_tokens"], 7)

    def test_json_object(self):
        self.assertIn("answer", json.loads(self.ask(response_format="json_object")["result"]))

    def test_refusal(self):
        refused = self.ask(text="mock-refuse")
        self.assertTrue(refused["need_clear_history"])
        self.assertEqual(refused["ban_round"], -1)

    def test_citations(self):
        found = self.ask(enable_citation=True)["search_info"]["search_results"]
        self.assertEqual(found[0]["index"], 1)


@needs_mock
class BaiduWorkshopFunctions(Workshop):
    def test_call_and_result(self):
        first = self.ask(text="What is the weather in Oslo?", functions=[WEATHER, CLOCK])
        call = first["function_call"]
        self.assertEqual((first["finish_reason"], call["name"], first["result"]), ("function_call", "get_weather", ""))
        self.assertIn(json.loads(call["arguments"])["unit"], ["celsius", "fahrenheit"])
        self.assertBilled(first["usage"])
        for name in [{"name": call["name"]}, {"tool_call_id": call["name"]}]:
            messages = [
                {"role": "user", "content": "What is the weather in Oslo?"},
                {"role": "assistant", "content": "", "function_call": call},
                {"role": "function", "content": '{"degrees": -3}', **name},
            ]
            final = self.client.do(messages=messages, model=MODEL, functions=[WEATHER, CLOCK])
            self.assertIn('{"degrees": -3}', final["result"])

    def test_history_helper(self):
        messages = qianfan.Messages()
        messages.append("What is the weather in Oslo?")
        messages.append(self.client.do(messages=messages, model=MODEL, functions=[WEATHER]))
        messages.append('{"degrees": -3}', "function")
        stored = messages._to_list()
        self.assertEqual(stored[1]["function_call"]["name"], "get_weather")

    def test_one_call_at_a_time(self):
        answer = self.ask(text="get_time and get_weather", functions=[WEATHER, CLOCK])
        self.assertEqual(answer["function_call"]["name"], "get_weather")

    def test_choice(self):
        choice = {"type": "function", "function": {"name": "get_time"}}
        answer = self.ask(functions=[WEATHER, CLOCK], tool_choice=choice)
        self.assertEqual(answer["function_call"]["name"], "get_time")

    def test_stream(self):
        answers = list(self.ask(text="Weather?", functions=[WEATHER], stream=True))
        calls = [answer.body["function_call"] for answer in answers if "function_call" in answer.body]
        self.assertEqual([call["name"] for call in calls], ["get_weather"])
        self.assertTrue(answers[-1]["is_end"])

    def test_functions_in_words(self):
        def turn():
            return [{"role": "user", "content": "What is the weather in Oslo?"}]

        client = qianfan.Function(access_token=TOKEN)
        call = client.do(messages=turn(), functions=[CLOCK, WEATHER])["function_call"]
        self.assertEqual((call["name"], json.loads(call["arguments"])), ("get_time", {}))
        streamed = list(client.do(messages=turn(), functions=[WEATHER], stream=True))
        self.assertEqual(streamed[-1]["function_call"]["name"], "get_weather")
        messages = turn() + [
            {"role": "assistant", "content": "", "function_call": call},
            {"role": "function", "name": "get_weather", "content": '{"degrees": -3}'},
        ]
        self.assertIn("degrees", client.do(messages=messages, functions=[WEATHER])["result"])
        self.assertIn("Oslo", client.do(messages=turn())["result"])


@needs_mock
class BaiduWorkshopTasks(Workshop):
    def test_embeddings(self):
        answer = qianfan.Embedding(access_token=TOKEN).do(texts=["Oslo", "Bergen"])
        self.assertEqual([len(item["embedding"]) for item in answer["data"]], [384, 384])
        self.assertBilled(answer["usage"])
        other = qianfan.Embedding(access_token=TOKEN).do(texts=["Oslo"], model="bge-large-zh")
        self.assertEqual(len(other["data"][0]["embedding"]), 1024)

    def test_rerank(self):
        documents = ["the sky", "green grass"]
        answer = qianfan.Reranker(access_token=TOKEN).do(query="green grass", documents=documents, top_n=1)
        self.assertEqual([item["document"] for item in answer["results"]], ["green grass"])
        self.assertBilled(answer["usage"])

    def test_pictures(self):
        answer = qianfan.Text2Image(access_token=TOKEN).do(prompt="A cat", n=2, with_decode="base64")
        self.assertTrue(all(item["image"].startswith(b"\x89PNG") for item in answer["data"]))
        self.assertEqual(len(answer["data"]), 2)
        self.assertBilled(answer["usage"])

    def test_picture_seen(self):
        client = qianfan.Image2Text(model="Fuyu-8B", access_token=TOKEN)
        answer = client.do(prompt="What is it?", image=base64.b64encode(png()).decode())
        self.assertIn("one image", answer["result"])

    def test_completions(self):
        client = qianfan.Completion(access_token=TOKEN)
        self.assertIn("Oslo", client.do(prompt="Oslo", model="ERNIE-Speed-8K")["result"])
        answer = client.do(prompt="Oslo", model="SQLCoder-7B")
        self.assertEqual((answer["object"], answer["is_safe"]), ("completion", 1))
        pieces = client.do(prompt="Oslo", model="SQLCoder-7B", stream=True)
        self.assertIn("Oslo", "".join(piece["result"] for piece in pieces))

    def test_plugins(self):
        own = qianfan.Plugin(endpoint="mock-plugin", access_token=TOKEN)
        self.assertIn("Oslo", own.do("Oslo")["result"])
        self.assertEqual({piece["_event"] for piece in own.do("Oslo", stream=True)}, {"chat"})
        for model in ["EBPlugin", "EBPluginV2"]:
            client = qianfan.Plugin(model=model, access_token=TOKEN)
            self.assertIn("Oslo", client.do(self.body()["messages"], plugins=["uuid-zhishiku"])["result"])

    def test_tokenizer(self):
        self.config.ACCESS_TOKEN = TOKEN
        self.assertEqual(qianfan.Tokenizer.count_tokens("hello there", mode="remote"), 2)


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
