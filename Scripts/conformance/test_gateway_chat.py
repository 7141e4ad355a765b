"""Chats through the gateway: whole, streamed and asynchronous, and what they cost."""

import asyncio

import openai

from gateway import GatewayCase, client_of, needs, read

WORDS = 'Grüße aus Oslo: "fjord", 北極, 🧊\nand a second line.'


class Chat(GatewayCase):
    @needs("a whole answer, character by character")
    def test_whole(self):
        self.script(text=WORDS)
        before = self.books()
        answer = self.ask()
        choice = answer.choices[0]
        self.assertEqual(answer.object, "chat.completion")
        self.assertTrue(answer.model)
        self.assertEqual((choice.message.role, choice.message.content), ("assistant", WORDS))
        self.assertEqual(choice.finish_reason, "stop")
        self.assertTrue(answer.id and answer.created)
        self.assertCharged(before, answer.usage)
        self.assertEqual(self.gateway.charges(self.upstream.channel)[0]["request_id"], answer._request_id)

    @needs("a stream, character by character")
    def test_stream(self):
        self.script(text=WORDS)
        before = self.books()
        text, finish, usage = read(self.ask(stream=True, stream_options={"include_usage": True}))
        self.assertEqual((text, finish), (WORDS, "stop"))
        self.assertCharged(before, usage)

    @needs("a stream, character by character")
    def test_stream_without_usage(self):
        before = self.books()
        chunks = list(self.ask(stream=True))
        self.assertEqual([chunk.usage for chunk in chunks], [None] * len(chunks))
        self.assertEqual({len(chunk.choices) for chunk in chunks}, {1})
        self.assertEqual({chunk.object for chunk in chunks}, {"chat.completion.chunk"})
        self.assertEqual(len({chunk.id for chunk in chunks}), 1)
        self.assertCharged(before, None)

    def test_async(self):
        async def both():
            async with client_of(self.upstream.channel, openai.AsyncOpenAI) as client:
                whole, stream = await asyncio.gather(self.ask(client=client), self.ask(client=client, stream=True))
                pieces = [chunk.choices[0].delta.content or "" async for chunk in stream]
                return whole.choices[0].message.content, "".join(pieces)

        for text in asyncio.run(both()):
            self.assertIn("Oslo", text)

    @needs("a stream, character by character")
    def test_stream_helper(self):
        """The SDK's accumulator makes the same answer from the chunks as the whole answer."""
        self.script(text=WORDS, count=2)
        messages = [{"role": "user", "content": "Say hello to Oslo."}]
        with self.client.chat.completions.stream(model=self.upstream.model, messages=messages) as stream:
            final = stream.get_final_completion()
        whole = self.ask()
        self.assertEqual(final.choices[0].finish_reason, whole.choices[0].finish_reason)
        self.assertEqual(final.choices[0].message.content, whole.choices[0].message.content)

    @needs("a conversation of several turns")
    def test_turns(self):
        first = self.ask()
        self.ask(messages=[
            {"role": "system", "content": "You are the harbour-7c1."},
            {"role": "user", "content": "Say hello to Oslo."},
            first.choices[0].message,
            {"role": "user", "content": [{"type": "text", "text": "And to Bergen-3f2."}]},
        ])
        for text in ("harbour-7c1", "hello to Oslo", "Bergen-3f2"):
            self.assertArrived(text)

    @needs("a limit on tokens")
    def test_length(self):
        before = self.books()
        answer = self.ask("mock-tokens-50", max_tokens=5)
        self.assertEqual(answer.choices[0].finish_reason, "length")
        self.assertCharged(before, answer.usage)

    @needs("several answers")
    def test_several_answers(self):
        answer = self.ask(n=2)
        self.assertEqual([choice.index for choice in answer.choices], [0, 1])

    def test_more_models(self):
        for model in self.upstream.more_models:
            with self.subTest(model):
                before = self.books()
                answer = self.ask(model=model)
                self.assertIn("Oslo", answer.choices[0].message.content)
                self.assertCharged(before, answer.usage)

    def test_models(self):
        self.assertIn(self.upstream.model, [model.id for model in self.client.models.list()])
        self.assertEqual(self.client.models.retrieve(self.upstream.model).id, self.upstream.model)
