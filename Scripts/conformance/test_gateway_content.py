"""Images, answers that follow a schema, reasoning and cached prompts through the gateway."""

import base64
import json

import pydantic

from gateway import GatewayCase, needs
from suite import Target
from test_openai_chat import WEATHER, png


class Event(pydantic.BaseModel):
    title: str
    day: int
    guests: list[str]


PARTY = Event(title="Midsummer", day=24, guests=["Ada", "Åse"])


def about_image(url):
    parts = [{"type": "text", "text": "What is it?"}, {"type": "image_url", "image_url": {"url": url}}]
    return [{"role": "user", "content": parts}]


class Content(GatewayCase):
    @needs("an inline image")
    def test_inline_image(self):
        data = base64.b64encode(png()).decode()
        answer = self.ask(messages=about_image("data:image/png;base64," + data))
        self.assertTrue(answer.choices[0].message.content)
        self.assertArrived(data)

    @needs("an image by its address")
    def test_image_by_address(self):
        """The address arrives, or the image that the gateway fetched there if the provider takes no addresses."""
        address = Target.control + "/image.png"
        answer = self.ask(messages=about_image(address))
        self.assertTrue(answer.choices[0].message.content)
        body = self.arrived()[-1]["body"].replace("\\/", "/")
        self.assertTrue(address in body or "iVBORw0KGgo" in body, "the image did not arrive")

    @needs("an answer by a JSON schema")
    def test_parse(self):
        self.script(text=PARTY.model_dump_json())
        answer = self.client.chat.completions.parse(
            model=self.upstream.model, messages=[{"role": "user", "content": "A party."}], response_format=Event
        )
        self.assertEqual(answer.choices[0].message.parsed, PARTY)
        self.assertArrived("guests")

    @needs("an answer by a JSON schema")
    def test_parse_unscripted(self):
        """The mock follows the schema in whichever place the provider takes it, also in the prompt."""
        answer = self.client.chat.completions.parse(
            model=self.upstream.model, messages=[{"role": "user", "content": "A party."}], response_format=Event
        )
        self.assertIsInstance(answer.choices[0].message.parsed, Event)

    @needs("an answer by a JSON schema")
    def test_parse_streamed(self):
        self.script(text=PARTY.model_dump_json())
        messages = [{"role": "user", "content": "A party."}]
        with self.client.chat.completions.stream(
            model=self.upstream.model, messages=messages, response_format=Event
        ) as stream:
            final = stream.get_final_completion()
        self.assertEqual(final.choices[0].message.parsed, PARTY)

    @needs("an answer in JSON")
    def test_json_object(self):
        self.script(text='{"city": "Oslo"}')
        answer = self.ask("A town, as JSON.", response_format={"type": "json_object"})
        self.assertEqual(json.loads(answer.choices[0].message.content), {"city": "Oslo"})


class Reasoning(GatewayCase):
    """Uses the upstream's reasoning model."""

    def think(self, text="Say hello to Oslo.", **options):
        return self.ask(
            text, model=self.upstream.reasoning_model, reasoning_effort="low", max_completion_tokens=2000, **options
        )

    @needs("reasoning")
    def test_whole(self):
        before = self.books()
        answer = self.think()
        details = answer.usage.completion_tokens_details
        shown = getattr(answer.choices[0].message, "reasoning_content", None)
        self.assertTrue(shown or (details and details.reasoning_tokens))
        self.assertCharged(before, answer.usage)

    @needs("reasoning")
    def test_counted(self):
        """In a stream's usage too the thoughts are part of the completion and are charged."""
        before = self.books()
        *_, last = self.think(stream=True, stream_options={"include_usage": True})
        self.assertCharged(before, last.usage)
        details = last.usage.completion_tokens_details
        if details:
            self.assertIn(details.reasoning_tokens, range(1, last.usage.completion_tokens))

    @needs("reasoning, streamed")
    def test_streamed(self):
        thought, said = "", ""
        for chunk in self.think(stream=True):
            delta = chunk.choices[0].delta
            piece = getattr(delta, "reasoning_content", None) or ""
            self.assertFalse(piece and said, "thoughts come before the answer")
            thought += piece
            said += delta.content or ""
        self.assertTrue(thought)
        self.assertIn("Oslo", said)

    @needs("reasoning sent back with a tool's result")
    def test_sent_back(self):
        question = {"role": "user", "content": "What is the weather in Oslo?"}
        message = self.think(messages=[question], tools=[WEATHER]).choices[0].message
        seals = list(sealed(message.model_dump()))
        self.assertTrue(seals, "the answer has no sealed reasoning")
        result = {"role": "tool", "tool_call_id": message.tool_calls[0].id, "content": "-3 degrees"}
        answer = self.think(messages=[question, message, result], tools=[WEATHER])
        self.assertTrue(answer.choices[0].message.content)
        for seal in seals:
            self.assertArrived(seal, "the seal of the reasoning")


def sealed(value):
    """Finds the signatures in a message, wherever they are."""
    if isinstance(value, list):
        value = dict(enumerate(value))
    for key, item in value.items() if isinstance(value, dict) else ():
        if isinstance(item, str) and key in ("signature", "data", "thought_signature"):
            yield item
        yield from sealed(item)


class Search(GatewayCase):
    def search(self, **options):
        # The mock's models search if the tool's name says so.
        text = "Look for Oslo by web_search."
        return self.ask(text, model=self.upstream.search_model, web_search_options={}, **options)

    def assertPage(self, pages):
        """Checks OpenAI's annotations, or the list that other vendors put beside the choices."""
        self.assertTrue(pages, "no page is named")
        for page in pages:
            self.assertTrue(page.get("url_citation", page)["url"].startswith("https://"))

    @needs("pages that a search found")
    def test_whole(self):
        answer = self.search().model_dump()
        notes = answer["choices"][0]["message"].get("annotations")
        self.assertPage(notes or answer.get("search_results"))

    @needs("pages that a search found, streamed")
    def test_streamed(self):
        found = []
        for chunk in self.search(stream=True):
            found += chunk.model_dump().get("search_results") or []
            for choice in chunk.choices:
                found += getattr(choice.delta, "annotations", None) or []
        self.assertPage(found)


class Video(GatewayCase):
    @needs("a video")
    def test_inline(self):
        data = base64.b64encode(b"\x00\x00\x00\x18ftypisom").decode()
        film = {"type": "video_url", "video_url": {"url": "data:video/mp4;base64," + data}}
        answer = self.ask(messages=[{"role": "user", "content": [{"type": "text", "text": "What is it?"}, film]}])
        self.assertTrue(answer.choices[0].message.content)
        self.assertArrived(data)


class Cache(GatewayCase):
    @needs("a prompt from the provider's cache")
    def test_cached_tokens(self):
        text = " ".join(f"w{number % 97}" for number in range(2500))
        part = {"type": "text", "text": text, "cache_control": {"type": "ephemeral"}}
        messages = [{"role": "system", "content": [part]}, {"role": "user", "content": "Hello."}]
        self.ask(messages=messages)
        before = self.books()
        usage = self.ask(messages=messages).usage
        self.assertCharged(before, usage, text_only=False)
        self.assertGreater(usage.prompt_tokens_details.cached_tokens, 0)
        self.assertLessEqual(usage.prompt_tokens_details.cached_tokens, usage.prompt_tokens)
