"""Google's generated client of PaLM 2 (google-ai-generativelanguage) against the mock."""

from urllib.parse import urlsplit

import google.ai.generativelanguage_v1beta2 as v1beta2
import google.ai.generativelanguage_v1beta3 as v1beta3
from google.api_core import exceptions
from google.auth import exceptions as auth_exceptions
from google.auth.credentials import AnonymousCredentials
from google.ai.generativelanguage_v1beta2.services import discuss_service, model_service, text_service
from google.ai.generativelanguage_v1beta3.services import text_service as later_text_service
from google.protobuf import json_format

from suite import Case, Target, control, needs_mock

CHAT, COMPLETION, EMBEDDING = "models/chat-bison-001", "models/text-bison-001", "models/embedding-gecko-001"


def transport(kind):
    host = urlsplit(Target.mock).netloc
    return kind(host=host, url_scheme="http", credentials=AnonymousCredentials())


class PaLM(Case):
    key = "AIza-conformance"

    def make(self):
        return discuss_service.DiscussServiceClient(
            transport=transport(discuss_service.transports.DiscussServiceRestTransport)
        )

    def tearDown(self):
        self.client.transport.close()

    def texts(self, module=text_service):
        return module.TextServiceClient(transport=transport(module.transports.TextServiceRestTransport))

    def call(self, method, **options):
        options.setdefault("metadata", [("x-goog-api-key", self.key)])
        return method(**options, retry=None)

    def prompt(self, *contents, **options):
        messages = [{"author": str(index % 2), "content": content} for index, content in enumerate(contents)]
        return v1beta2.MessagePrompt(messages=messages, **options)

    def ask(self, text="Say hello to Oslo.", model=CHAT, **options):
        request = v1beta2.GenerateMessageRequest(model=model, prompt=self.prompt(text), **options)
        return self.call(self.client.generate_message, request=request)

    def complete(self, text="Say hello to Oslo.", **options):
        request = v1beta2.GenerateTextRequest(model=COMPLETION, prompt={"text": text}, **options)
        return self.call(self.texts().generate_text, request=request)


@needs_mock
class PaLMAnswers(PaLM):
    def test_chat(self):
        answer = self.ask(candidate_count=2, temperature=0.5)
        self.assertIn("Oslo", answer.candidates[0].content)
        self.assertEqual([candidate.author for candidate in answer.candidates], ["1", "1"])
        self.assertEqual(answer.messages[0].content, "Say hello to Oslo.")
        total = control("GET", "/ledger")["total"]
        self.assertEqual(total["prompt_tokens"], 5)
        self.assertGreater(total["completion_tokens"], 20)

    def test_context_and_counts(self):
        prompt = self.prompt(
            "One", "Two", "Three", context="Be brief.",
            examples=[{"input": {"content": "Hi"}, "output": {"content": "Hello."}}],
        )
        request = v1beta2.GenerateMessageRequest(model=CHAT, prompt=prompt)
        answer = self.call(self.client.generate_message, request=request)
        self.assertIn("Three", answer.candidates[0].content)
        counted = self.call(self.client.count_message_tokens, model=CHAT, prompt=prompt)
        self.assertEqual(counted.token_count, control("GET", "/ledger")["total"]["prompt_tokens"])

    def test_truncation(self):
        prompt = self.prompt("old " * 4000, "Two", "Three " * 1000)
        answer = self.call(
            self.client.generate_message, request=v1beta2.GenerateMessageRequest(model=CHAT, prompt=prompt)
        )
        self.assertEqual([message.author for message in answer.messages], ["1", "0"])

    def test_blocked(self):
        answer = self.ask("mock-block")
        self.assertEqual((len(answer.candidates), answer.filters[0].reason.name), (0, "OTHER"))
        text = self.complete("mock-block-SAFETY")
        self.assertEqual((len(text.candidates), text.filters[0].reason.name), (0, "SAFETY"))
        self.assertEqual(text.safety_feedback[0].rating.category.name, "HARM_CATEGORY_VIOLENCE")
        self.assertEqual(text.safety_feedback[0].setting.threshold.name, "BLOCK_MEDIUM_AND_ABOVE")

    def test_completion(self):
        answer = self.complete(
            candidate_count=2, safety_settings=[{"category": "HARM_CATEGORY_TOXICITY", "threshold": 1}]
        )
        self.assertIn("Oslo", answer.candidates[0].output)
        ratings = answer.candidates[0].safety_ratings
        self.assertEqual([rating.probability.name for rating in ratings], ["NEGLIGIBLE"] * 6)
        self.assertEqual(ratings[0].category.name, "HARM_CATEGORY_DEROGATORY")
        self.complete("mock-tokens-100")
        self.assertEqual(control("GET", "/ledger")["entries"][-1]["completion_tokens"], 64)

    def test_citations(self):
        source = self.ask("mock-cite").candidates[0].citation_metadata.citation_sources[0]
        self.assertEqual(source.license_, "mit")

    def test_embeddings_and_models(self):
        found = self.call(self.texts().embed_text, model=EMBEDDING, text="a")
        self.assertEqual(len(found.embedding.value), 768)
        models = model_service.ModelServiceClient(
            transport=transport(model_service.transports.ModelServiceRestTransport)
        )
        listed = self.call(models.list_models, request={"page_size": 2})
        self.assertEqual([model.name for model in listed], [CHAT, COMPLETION, EMBEDDING])
        self.assertEqual(self.call(models.get_model, name=CHAT).input_token_limit, 4096)

    def test_later_version(self):
        texts = self.texts(later_text_service)
        request = v1beta3.GenerateTextRequest(model=COMPLETION, prompt={"text": "mock-tokens-100"})
        self.assertTrue(self.call(texts.generate_text, request=request).candidates)
        self.assertEqual(control("GET", "/ledger")["entries"][-1]["completion_tokens"], 100)
        counted = self.call(texts.count_text_tokens, model=COMPLETION, prompt={"text": "Say hello to Oslo."})
        self.assertEqual(counted.token_count, 5)
        both = self.call(texts.batch_embed_text, model=EMBEDDING, texts=["a", "b"])
        self.assertEqual(len(both.embeddings), 2)


@needs_mock
class PaLMErrors(PaLM):
    def raises(self, kind, message, **options):
        with self.counted(1), self.assertRaises(kind) as caught:
            self.ask(**options)
        self.assertIn(message, str(caught.exception))

    def test_bad_requests(self):
        self.raises(exceptions.BadRequest, "temperature", temperature=2)
        self.raises(exceptions.BadRequest, "candidate_count", candidate_count=9)
        self.raises(exceptions.NotFound, "is not supported for generateMessage", model=COMPLETION)
        for contents in [[], [("0", "a"), ("0", "b")]]:
            messages = [{"author": author, "content": content} for author, content in contents]
            request = v1beta2.GenerateMessageRequest(model=CHAT, prompt={"messages": messages})
            with self.assertRaises(exceptions.BadRequest):
                self.call(self.client.generate_message, request=request)

    def test_keys(self):
        cases = [
            ("AIza-mock-bad", exceptions.BadRequest, "API key not valid"),
            ("AIza-mock-disabled", exceptions.Forbidden, "has not been used"),
            ("AIza-mock-abroad", exceptions.BadRequest, "User location is not supported"),
        ]
        for self.key, kind, message in cases:
            with self.subTest(self.key):
                self.raises(kind, message)
        with self.assertRaises(exceptions.Forbidden):
            request = v1beta2.GenerateMessageRequest(model=CHAT, prompt=self.prompt("Hi"))
            self.call(self.client.generate_message, request=request, metadata=[])

    def test_each_name(self):
        cases = [
            ("400", exceptions.BadRequest), ("403", exceptions.Forbidden), ("404", exceptions.NotFound),
            ("409", exceptions.Conflict), ("429", exceptions.TooManyRequests),
            ("499", exceptions.ClientError), ("500", exceptions.InternalServerError),
            ("502", exceptions.BadGateway), ("503", exceptions.ServiceUnavailable),
            ("504", exceptions.GatewayTimeout), ("no_messages", exceptions.BadRequest),
        ]
        for name, kind in cases:
            with self.subTest(name):
                self.raises(kind, "POST", model="models/mock-error-" + name)
        # A 401 makes the client ask for another token, which anonymous credentials do not have.
        with self.assertRaises(auth_exceptions.InvalidOperation):
            self.ask(model="models/mock-error-401")

    def test_faults(self):
        for name in ["403", "502", "520", "521", "522", "523", "524"]:
            with self.subTest(name), self.assertRaises(exceptions.GoogleAPICallError) as caught:
                self.fault(html=name)
                self.ask()
            self.assertEqual(caught.exception.code, int(name))
        with self.assertRaises(Exception) as caught:
            self.ask(model="models/mock-cut-3")
        self.assertIn("Error", type(caught.exception).__name__)
        with self.assertRaises(Exception) as caught:
            self.call(
                self.client.generate_message, timeout=0.5,
                request=v1beta2.GenerateMessageRequest(model="models/mock-stall", prompt=self.prompt("Hi")),
            )
        self.assertIn("imeout", type(caught.exception).__name__)

    def test_invalid_utf8(self):
        self.fault(bad_utf8=True)
        with self.assertRaises(UnicodeDecodeError):
            self.ask()

    def test_empty_200(self):
        self.fault(empty=True)
        with self.assertRaises(json_format.ParseError):
            self.ask()
