"""The endpoints other than chat."""

import base64
import io
import math
import struct

import openai

from suite import Case, needs_mock
from test_openai_chat import png


@needs_mock
class Endpoints(Case):
    def test_completions(self):
        answer = self.client.completions.create(model="gpt-3.5-turbo-instruct", prompt=["One", "Two"], n=2, max_tokens=5)
        self.assertEqual([choice.index for choice in answer.choices], [0, 1, 2, 3])
        self.assertEqual(answer.choices[0].finish_reason, "length")
        stream = self.client.completions.create(model="gpt-3.5-turbo-instruct", prompt="One", stream=True)
        self.assertTrue("".join(chunk.choices[0].text for chunk in stream))

    def test_embeddings(self):
        packed = self.client.embeddings.create(model="text-embedding-3-small", input=["a", "b"])
        floats = self.client.embeddings.create(model="text-embedding-3-small", input=["a", "b"], encoding_format="float")
        for one, other in zip(packed.data[0].embedding, floats.data[0].embedding):
            self.assertAlmostEqual(one, other, places=6)
        self.assertAlmostEqual(math.fsum(value * value for value in floats.data[1].embedding), 1, places=5)
        short = self.client.embeddings.create(model="text-embedding-3-large", input="a", dimensions=256)
        self.assertEqual(len(short.data[0].embedding), 256)

    def test_moderations(self):
        calm = self.client.moderations.create(input="Good morning")
        self.assertFalse(calm.results[0].flagged)
        self.assertTrue(self.client.moderations.create(input="I will kill you").results[0].categories.violence)

    def test_images(self):
        answer = self.client.images.generate(model="gpt-image-1", prompt="A red cube")
        self.assertTrue(base64.b64decode(answer.data[0].b64_json).startswith(b"\x89PNG"))
        self.assertEqual(answer.usage.total_tokens, answer.usage.input_tokens + answer.usage.output_tokens)
        self.assertEqual(len(self.client.images.generate(model="dall-e-2", prompt="A cube", n=2).data), 2)
        kinds = [
            event.type
            for event in self.client.images.generate(
                model="gpt-image-1", prompt="A cube", stream=True, partial_images=2
            )
        ]
        self.assertEqual(kinds, ["image_generation.partial_image"] * 2 + ["image_generation.completed"])
        picture = ("cat.png", png(), "image/png")
        edited = self.client.images.edit(model="gpt-image-1", image=[picture, picture], prompt="A hat")
        self.assertTrue(edited.data[0].b64_json)
        self.assertTrue(self.client.images.create_variation(image=picture).data[0].url)

    def test_speech(self):
        answer = self.client.audio.speech.create(model="tts-1", voice="alloy", input="Hello", response_format="wav")
        self.assertTrue(answer.read().startswith(b"RIFF"))
        with self.assertRaises(openai.BadRequestError):
            self.client.audio.speech.create(model="tts-1", voice="nobody", input="Hello")

    def test_transcriptions(self):
        sound = b"RIFF" + struct.pack("<I", 96036) + b"WAVEfmt " + b"\0" * 96028
        create = self.client.audio.transcriptions.create
        self.assertIn("Hello", create(model="whisper-1", file=("a.wav", sound)).text)
        verbose = create(
            model="whisper-1", file=("a.wav", sound), response_format="verbose_json",
            timestamp_granularities=["word", "segment"],
        )
        self.assertTrue(verbose.words and verbose.segments)
        self.assertIn("-->", create(model="whisper-1", file=("a.wav", sound), response_format="srt"))
        stream = create(model="gpt-4o-transcribe", file=("a.wav", sound), stream=True)
        events = list(stream)
        self.assertEqual("".join(event.delta for event in events[:-1]), events[-1].text)
        translated = self.client.audio.translations.create(model="whisper-1", file=("a.wav", io.BytesIO(sound)))
        self.assertTrue(translated.text)
        with self.assertRaises(openai.BadRequestError):
            create(model="whisper-1", file=("a.txt", b"not audio"))
