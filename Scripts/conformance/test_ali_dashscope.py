"""Alibaba's own package against the mock: generation, streams, tools, media, tasks, vectors, errors, faults."""

import asyncio
import base64
import json
import logging
import os
import tempfile
import urllib.request
from http import HTTPStatus

import dashscope
import requests
from dashscope import Application, Files, Generation, ImageSynthesis, MultiModalConversation, Tokenization
from dashscope import MultiModalEmbedding, MultiModalEmbeddingItemImage, MultiModalEmbeddingItemText, TextEmbedding
from dashscope import TextReRank, VideoSynthesis
from dashscope.aigc.chat_completion import Completions
from dashscope.aigc.generation import AioGeneration
from dashscope.api_entities.aio_session import close_shared_aio_session
from dashscope.embeddings.batch_text_embedding import BatchTextEmbedding

from suite import Case, Target, control, needs_mock
from test_openai_chat import CLOCK, WEATHER, png

MODEL = "qwen-plus"
JSON_SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}

logging.getLogger("dashscope").setLevel(logging.CRITICAL)


class Ali(Case):
    def setUp(self):
        super().setUp()
        dashscope.api_key = "sk-conformance"
        dashscope.base_http_api_url = Target.mock + "/ali/api/v1"
        dashscope.base_compatible_api_url = Target.mock + "/ali/compatible-mode/v1"

    def body(self, text="Say hello to Oslo.", **options):
        options.setdefault("model", MODEL)
        options.setdefault("messages", [{"role": "user", "content": text}])
        options.setdefault("result_format", "message")
        return options

    def ask(self, text="Say hello to Oslo.", **options):
        return Generation.call(**self.body(text, **options))

    def good(self, answer):
        self.assertEqual(answer.status_code, HTTPStatus.OK, f"{answer.code}: {answer.message}")
        return answer

    def equals_ledger(self, usage):
        total = control("GET", "/ledger")["total"]
        self.assertEqual(
            (usage.input_tokens, usage.output_tokens), (total["prompt_tokens"], total["completion_tokens"])
        )


@needs_mock
class AliGeneration(Ali):
    def test_whole(self):
        answer = self.good(self.ask())
        choice = answer.output.choices[0]
        self.assertEqual((choice.finish_reason, choice.message.role), ("stop", "assistant"))
        self.assertIn("Oslo", choice.message.content)
        self.assertEqual(len(answer.request_id), 36)
        self.equals_ledger(answer.usage)
        headers = dict(control("GET", "/journal")["requests"][0]["headers"])
        self.assertEqual(headers["Authorization"], "Bearer sk-conformance")

    def test_prompt(self):
        answer = self.good(Generation.call(model="qwen-turbo", prompt="Say hello to Oslo."))
        self.assertIn("Oslo", answer.output.text)
        self.assertEqual(answer.output.finish_reason, "stop")

    def test_cumulative_stream(self):
        texts = [self.good(part).output.choices[0].message.content for part in self.ask(stream=True)]
        self.assertTrue(all(after.startswith(before) for before, after in zip(texts, texts[1:])))
        self.assertIn("Oslo", texts[-1])

    def test_incremental_stream(self):
        parts = [self.good(part) for part in self.ask(stream=True, incremental_output=True)]
        reasons = [part.output.choices[0].finish_reason for part in parts]
        self.assertEqual((set(reasons[:-1]), reasons[-1]), ({"null"}, "stop"))
        text = "".join(part.output.choices[0].message.content for part in parts)
        self.assertIn("Oslo", text)
        self.equals_ledger(parts[-1].usage)

    def test_merged_by_the_package(self):
        texts = [
            self.good(part).output.choices[0].message.content
            for part in self.ask(stream=True, incremental_output=False)
        ]
        sent = json.loads(control("GET", "/journal")["requests"][0]["body"])
        self.assertTrue(sent["parameters"]["incremental_output"])
        self.assertTrue(all(after.startswith(before) for before, after in zip(texts, texts[1:])))
        self.assertIn("Oslo", texts[-1])

    def test_async(self):
        async def both():
            whole = await AioGeneration.call(**self.body())
            text = ""
            async for part in await AioGeneration.call(**self.body(stream=True, incremental_output=True)):
                text += part.output.choices[0].message.content
            await close_shared_aio_session()
            return whole.output.choices[0].message.content, text

        whole, text = asyncio.run(both())
        self.assertIn("Oslo", whole)
        self.assertIn("Oslo", text)

    def test_ends(self):
        cut = self.good(self.ask("mock-tokens-40", max_tokens=7))
        self.assertEqual((cut.output.choices[0].finish_reason, cut.usage.output_tokens), ("length", 7))
        stopped = self.good(self.ask("mock-tokens-100", stop=[" when"]))
        self.assertNotIn(" when", stopped.output.choices[0].message.content)
        self.assertIn("can't help", self.ask("mock-refuse").output.choices[0].message.content)

    def test_several(self):
        answer = self.good(self.ask(n=3))
        self.assertEqual([choice.index for choice in answer.output.choices], [0, 1, 2])

    def test_content_as_a_list(self):
        parts = [{"text": "Say hello "}, {"type": "text", "text": "to Oslo.", "cache_control": {"type": "ephemeral"}}]
        answer = self.good(self.ask(model="qwen3-max", messages=[{"role": "user", "content": parts}]))
        self.assertIn("Say hello to Oslo.", answer.output.choices[0].message.content)
        self.equals_ledger(answer.usage)

    def test_structured_output(self):
        answer = self.ask(response_format={"type": "json_schema", "json_schema": {"name": "c", "schema": JSON_SCHEMA}})
        self.assertEqual(json.loads(answer.output.choices[0].message.content), {"city": "Oslo"})
        self.assertEqual(self.ask("Say hi.", response_format={"type": "json_object"}).status_code, 400)
        json.loads(self.ask("As JSON.", response_format={"type": "json_object"}).output.choices[0].message.content)

    def test_thinking(self):
        answer = self.good(self.ask(enable_thinking=True, thinking_budget=50))
        self.assertTrue(answer.output.choices[0].message.reasoning_content)
        self.assertEqual(answer.usage.output_tokens_details["reasoning_tokens"], 50)
        thoughts, text = "", ""
        for part in self.ask(enable_thinking=True, stream=True, incremental_output=True):
            thoughts += self.good(part).output.choices[0].message.reasoning_content
            text += part.output.choices[0].message.content
        self.assertIn("Oslo", text)
        self.assertTrue(thoughts)
        self.assertEqual(self.ask(model="qwen3-32b", enable_thinking=True).status_code, 400)

    def test_search(self):
        answer = self.good(self.ask(enable_search=True, search_options={"enable_source": True}))
        self.assertEqual(answer.output.search_info["search_results"][0]["index"], 1)
        self.assertEqual(answer.usage.plugins["search"]["count"], 1)
        first = next(
            iter(self.ask(enable_search=True, search_options={"enable_source": True}, stream=True))
        )
        self.assertTrue(first.output.search_info)

    def test_cache(self):
        text = "word " * 1500
        self.assertEqual(self.good(self.ask(text)).usage.prompt_tokens_details["cached_tokens"], 0)
        again = self.good(self.ask(text)).usage.prompt_tokens_details["cached_tokens"]
        self.assertGreaterEqual(again, 1024)
        self.assertEqual(control("GET", "/ledger")["total"]["cached_tokens"], again)

    def test_compatible_completions(self):
        answer = Completions.create(model=MODEL, messages=[{"role": "user", "content": "Oslo?"}])
        self.assertIn("Oslo", answer.choices[0].message.content)


@needs_mock
class AliTools(Ali):
    def test_call_and_result(self):
        answer = self.good(self.ask("Weather?", tools=[WEATHER]))
        message = answer.output.choices[0].message
        self.assertEqual(answer.output.choices[0].finish_reason, "tool_calls")
        call = message.tool_calls[0]
        self.assertEqual(set(json.loads(call["function"]["arguments"])), {"city", "unit"})
        messages = [
            {"role": "user", "content": "Weather?"},
            {"role": "assistant", "content": "", "tool_calls": message.tool_calls},
            {"role": "tool", "content": "mild", "tool_call_id": call["id"]},
        ]
        back = self.good(self.ask(messages=messages, tools=[WEATHER]))
        self.assertIn("mild", back.output.choices[0].message.content)

    def test_two_at_once(self):
        both = self.good(self.ask("get_weather and get_time", tools=[WEATHER, CLOCK], parallel_tool_calls=True))
        names = [call["function"]["name"] for call in both.output.choices[0].message.tool_calls]
        self.assertEqual(names, ["get_weather", "get_time"])

    def test_choices(self):
        named = {"type": "function", "function": {"name": "get_time"}}
        forced = self.good(self.ask(tools=[WEATHER, CLOCK], tool_choice=named)).output.choices[0]
        self.assertEqual((forced.finish_reason, len(forced.message.tool_calls)), ("stop", 1))
        none = self.good(self.ask(tools=[WEATHER], tool_choice="none")).output.choices[0]
        self.assertNotIn("tool_calls", none.message)

    def test_streamed_arguments(self):
        calls, reasons = {}, []
        options = {"tools": [WEATHER, CLOCK], "stream": True, "incremental_output": True}
        for part in self.ask("get_weather and get_time", **options):
            choice = self.good(part).output.choices[0]
            reasons.append(choice.finish_reason)
            for call in choice.message.get("tool_calls", []):
                name, arguments = calls.get(call["index"], ("", ""))
                function = call["function"]
                calls[call["index"]] = (name + function.get("name", ""), arguments + function["arguments"])
        self.assertEqual([name for name, _ in calls.values()], ["get_weather", "get_time"])
        self.assertEqual(set(json.loads(calls[0][1])), {"city", "unit"})
        self.assertEqual((set(reasons[:-1]), reasons[-1]), ({"null"}, "tool_calls"))

    def test_merged_arguments(self):
        *_, last = self.ask("Weather?", tools=[WEATHER], stream=True, incremental_output=False)
        call = self.good(last).output.choices[0].message.tool_calls[0]
        self.assertEqual(set(json.loads(call["function"]["arguments"])), {"city", "unit"})


@needs_mock
class AliMedia(Ali):
    def see(self, content, model="qwen-vl-plus", **options):
        messages = [{"role": "user", "content": content}]
        return MultiModalConversation.call(model=model, messages=messages, **options)

    def test_images(self):
        inline = "data:image/png;base64," + base64.b64encode(png()).decode()
        answer = self.good(self.see([{"image": "https://example.test/a.png"}, {"image": inline}, {"text": "What?"}]))
        self.assertIn("2 images", answer.output.choices[0].message.content[0]["text"])
        self.assertEqual(answer.usage.image_tokens, 512)

    def test_stream(self):
        text = ""
        for part in self.see([{"text": "Oslo?"}], stream=True, incremental_output=True):
            for piece in self.good(part).output.choices[0].message.content:
                text += piece["text"]
        self.assertIn("Oslo", text)

    def test_local_file_is_uploaded(self):
        with tempfile.NamedTemporaryFile(suffix=".png", delete=False) as file:
            file.write(png())
        try:
            answer = self.good(self.see([{"image": "file://" + file.name}, {"text": "What?"}]))
        finally:
            os.unlink(file.name)
        self.assertIn("one image", answer.output.choices[0].message.content[0]["text"])

    def test_painting_at_once(self):
        answer = self.good(self.see([{"text": "a cat"}], model="qwen-image", size="1328*1328"))
        self.assertTrue(answer.output.choices[0].message.content[0]["image"].startswith("http"))
        self.assertEqual((answer.usage.width, answer.usage.image_count), (1328, 1))

    def test_bad_address(self):
        answer = self.see([{"image": "https://mock-blocked/a.png"}, {"text": "What?"}])
        self.assertEqual((answer.status_code, answer.code), (400, "DataInspectionFailed"))


@needs_mock
class AliTasks(Ali):
    def test_whole_wait(self):
        answer = self.good(ImageSynthesis.call(model="wanx-v1", prompt="a cat", n=2, size="1024*1024"))
        self.assertEqual((answer.output.task_status, answer.usage.image_count), ("SUCCEEDED", 2))
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(answer.output.results[0].url, timeout=5) as picture:
            self.assertEqual(picture.read()[:4], b"\x89PNG")
        self.assertEqual(control("GET", "/ledger")["total"]["answers"], 1)

    def test_steps(self):
        task = self.good(ImageSynthesis.async_call(model="wanx-v1", prompt="a cat"))
        self.assertEqual(task.output.task_status, "PENDING")
        states = [self.good(ImageSynthesis.fetch(task)).output.task_status for _ in range(2)]
        self.assertEqual(states, ["RUNNING", "SUCCEEDED"])
        late = ImageSynthesis.cancel(task)
        self.assertEqual((late.status_code, late.code), (400, "UnsupportedOperation"))
        listed = ImageSynthesis.list(page_no=1, page_size=10)
        self.assertEqual(listed["total"] if "total" in listed else listed.output["total"], 1)

    def test_cancelled(self):
        task = ImageSynthesis.async_call(model="wanx-v1", prompt="a dog")
        self.assertEqual(ImageSynthesis.cancel(task).status_code, 200)
        self.assertEqual(ImageSynthesis.fetch(task).output.task_status, "CANCELED")

    def test_failures(self):
        answer = ImageSynthesis.call(model="wanx-v1", prompt="mock-task-fail")
        self.assertEqual((answer.status_code, answer.output.task_status), (200, "FAILED"))
        self.assertEqual(answer.output["code"], "InternalError")
        unknown = ImageSynthesis.fetch("00000000-0000-0000-0000-000000000000")
        self.assertEqual((unknown.status_code, unknown.output.task_status), (200, "UNKNOWN"))
        partial = ImageSynthesis.call(model="wanx-v1", prompt="mock-task-partial", n=2)
        self.assertEqual(partial.output.task_metrics["FAILED"], 1)

    def test_films_and_vectors(self):
        film = self.good(VideoSynthesis.call(model="wanx2.1-t2v-turbo", prompt="the sea"))
        self.assertTrue(film.output.video_url.startswith("http"))
        vectors = self.good(BatchTextEmbedding.call("text-embedding-async-v1", url="https://example.test/a.txt"))
        self.assertEqual(vectors.output.task_status, "SUCCEEDED")

    def test_polling_goes_on_after_a_503(self):
        task = ImageSynthesis.async_call(model="wanx-v1", prompt="a bird")
        self.fault(error=503)
        with self.counted(3):
            self.assertEqual(ImageSynthesis.wait(task).output.task_status, "SUCCEEDED")


@needs_mock
class AliOthers(Ali):
    def test_embeddings(self):
        answer = self.good(
            TextEmbedding.call(model="text-embedding-v3", input=["one", "two"], dimension=64, text_type="query")
        )
        self.assertEqual([len(item["embedding"]) for item in answer.output["embeddings"]], [64, 64])
        self.assertEqual(answer.usage["total_tokens"], control("GET", "/ledger")["total"]["prompt_tokens"])
        items = [MultiModalEmbeddingItemText("a", 1), MultiModalEmbeddingItemImage("https://example.test/a.png", 1)]
        seen = self.good(MultiModalEmbedding.call(model="multimodal-embedding-v1", input=items))
        self.assertEqual([item["type"] for item in seen.output["embeddings"]], ["text", "image"])

    def test_rerank(self):
        answer = self.good(
            TextReRank.call(
                model="gte-rerank", query="green grass", documents=["blue sea", "green grass"], top_n=1,
                return_documents=True,
            )
        )
        # The package's class hides its own member from attribute access.
        found = answer.output.results[0]
        self.assertEqual((found.index, found["document"]["text"]), (1, "green grass"))

    def test_tokens(self):
        answer = self.good(
            Tokenization.call(model="qwen-turbo", messages=[{"role": "user", "content": "two words"}])
        )
        self.assertEqual("".join(answer.output["tokens"]), "two words")
        self.assertEqual(len(answer.output["token_ids"]), answer.usage["input_tokens"])

    def test_applications(self):
        answer = self.good(Application.call(app_id="app1", prompt="Oslo?"))
        self.assertIn("Oslo", answer.output.text)
        self.assertTrue(answer.output.session_id)
        self.assertEqual(answer.usage.models[0].model_id, "qwen-plus")
        parts = list(Application.call(app_id="app1", prompt="Oslo?", stream=True, incremental_output=True))
        self.assertIn("Oslo", "".join(part.output.text for part in parts))
        self.assertEqual(Application.call(app_id="mock-draft", prompt="Oslo?").code, "FlowNotPublished")

    def test_files(self):
        with tempfile.NamedTemporaryFile("w", suffix=".txt", delete=False) as file:
            file.write("hello")
        try:
            uploaded = self.good(Files.upload(file.name, purpose="inference"))
        finally:
            os.unlink(file.name)
        found = uploaded.output["uploaded_files"][0]
        self.assertEqual(found["name"], os.path.basename(file.name))
        self.assertEqual(self.good(Files.get(found["file_id"])).output["size"], 5)
        self.assertEqual(self.good(Files.list()).output["total"], 1)
        self.good(Files.delete(found["file_id"]))


@needs_mock
class AliErrors(Ali):
    def test_keys(self):
        for key in ["sk-mock-bad", "other"]:
            for streams in [False, True]:
                answer = self.ask(api_key=key, stream=streams)
                answer = next(iter(answer)) if streams else answer
                self.assertEqual((answer.status_code, answer.code), (401, "InvalidApiKey"))
                self.assertEqual(answer.message, "Invalid API-key provided.")
                self.assertEqual(len(answer.request_id), 36)
        denied = self.ask(workspace="ws-mock-bad")
        self.assertEqual((denied.status_code, denied.code), (403, "Workspace.AccessDenied"))

    def test_each_by_name(self):
        cases = [
            ("400", 400, "InvalidParameter"), ("401", 401, "InvalidApiKey"), ("403", 403, "AccessDenied"),
            ("404", 404, "ModelNotFound"), ("408", 408, "RequestTimeOut"), ("413", 413, "BadRequest.TooLarge"),
            ("429", 429, "Throttling.RateQuota"), ("Throttling.BurstRate", 429, "Throttling.BurstRate"),
            ("insufficient_quota", 429, "Throttling.AllocationQuota"), ("Arrearage", 400, "Arrearage"),
            ("DataInspectionFailed", 400, "DataInspectionFailed"), ("500", 500, "InternalError"),
            ("InternalError.Timeout", 500, "InternalError.Timeout"), ("503", 503, "ModelUnavailable"),
            ("ModelServingError", 503, "ModelServingError"),
        ]
        for name, status, code in cases:
            with self.subTest(name), self.counted(1):
                answer = self.ask(model="mock-error-" + name)
                self.assertEqual((answer.status_code, answer.code), (status, code))
                self.assertTrue(answer.message)
                self.assertEqual(len(answer.request_id), 36)

    def test_streams_know_only_400(self):
        parts = list(self.ask(model="mock-error-429", stream=True))
        self.assertEqual([(part.status_code, part.code) for part in parts], [(400, "Throttling.RateQuota")])

    def test_own_causes(self):
        cases = [
            ({"temperature": 2.0}, "Temperature"), ({"top_p": 0.0}, "top_p"), ({"max_tokens": 0}, "max_tokens"),
            ({"tool_choice": "required", "tools": [WEATHER]}, "tool_choice"),
            ({"messages": [{"role": "user", "content": ""}]}, "Role must be"),
        ]
        for options, part in cases:
            with self.subTest(part):
                answer = self.ask(**options)
                self.assertEqual((answer.status_code, answer.code), (400, "InvalidParameter"))
                self.assertIn(part, answer.message)
        self.assertEqual(self.ask(model="nothing").code, "ModelNotFound")

    def test_filter(self):
        *before, last = self.ask("mock-tokens-6 mock-filter", stream=True, incremental_output=True)
        self.assertEqual((len(before), last.code), (3, "DataInspectionFailed"))


@needs_mock
class AliFaults(Ali):
    def read(self, **options):
        parts = [part for part in self.ask(stream=True, incremental_output=True, **options)]
        return parts, "".join(part.output.choices[0].message.content for part in parts if part.status_code == 200)

    def test_cloudflare_pages(self):
        for name in ["403", "403-challenge", "502", "520", "521", "522", "523", "524"]:
            with self.subTest(name), self.counted(1):
                self.fault(html=name)
                answer = self.ask()
                self.assertEqual((answer.status_code, answer.code), (int(name[:3]), "Unknown"))
                self.assertIn("<", answer.message)

    def test_error_in_mid_stream(self):
        self.fault(stream_error=3)
        with self.counted(1):
            parts, _ = self.read()
        self.assertEqual([part.status_code for part in parts], [200, 200, 200, 400])
        self.assertEqual(parts[-1].code, "InternalError")

    def test_stream_cut(self):
        self.fault(cut_events=3)
        with self.assertRaises(requests.exceptions.ChunkedEncodingError):
            self.read()

    def test_framings(self):
        for framing in ["crlf", "comments", "nospace"]:
            with self.subTest(framing):
                self.fault(framing=framing)
                self.assertIn("Oslo", self.read()[1])

    def test_stall_and_silence(self):
        self.fault(stall_events=2)
        with self.assertRaises(requests.exceptions.ConnectionError):
            self.read(request_timeout=0.5)
        with self.assertRaises(requests.exceptions.ReadTimeout):
            self.ask(model="mock-stall", request_timeout=0.5)

    def test_reset_is_sent_twice(self):
        with self.counted(2), self.assertRaises(requests.exceptions.ConnectionError):
            self.ask(model="mock-reset")
        self.fault(reset=True)
        with self.counted(2):
            self.good(self.ask())

    def test_invalid_utf8(self):
        self.fault(bad_utf8=True)
        with self.assertRaises(UnicodeDecodeError):
            self.read()

    def test_empty_200(self):
        self.fault(empty=True)
        with self.assertRaises(json.JSONDecodeError):
            self.ask()

    def test_usage(self):
        self.assertEqual(self.ask("mock-tokens-5", model="mock-usage-wrong").usage.output_tokens, 50)
        self.assertEqual(control("GET", "/ledger")["total"]["completion_tokens"], 5)

    def test_script(self):
        control("POST", "/script", {"text": "Ahoy", "usage": {"completion_tokens": 9}})
        answer = self.good(self.ask())
        self.assertEqual((answer.output.choices[0].message.content, answer.usage.output_tokens), ("Ahoy", 9))
        self.equals_ledger(answer.usage)
