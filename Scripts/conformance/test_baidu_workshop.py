"""Baidu's own package against the workshop (version 1): chats, functions, and the models' other tasks."""

import asyncio
import base64
import json

import qianfan
from qianfan.common.tool.baidu_search_tool import BaiduSearchTool

from baidu import CLOCK, TOKEN, WEATHER, Workshop, refill
from suite import control, needs_mock
from test_openai_chat import png

MODEL = "ERNIE-4.0-8K"


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
        models = self.client._real._local_models()
        self.assertGreater(len(models), 40)
        for model, information in models.items():
            if information.endpoint:
                options = {"extra_parameters": {}} if model == "ChatLaw" else {}
                with self.subTest(model):
                    self.assertIn("Oslo", self.ask(model=model, **options)["result"])

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

    def test_search_tool(self):
        """By a chat and, as the tool does without a client, by a raw completion."""
        for client in (self.client, qianfan.Completion(access_token=TOKEN, model="ERNIE-Speed-8K")):
            tool = BaiduSearchTool(top_n=2, client=client, with_reference=True)
            found = tool.run(search_query="Oslo")
            self.assertTrue(found["summary"])
            self.assertEqual([page["index"] for page in found["reference"]], [1, 2])

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
