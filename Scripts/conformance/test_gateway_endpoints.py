"""The upstream's endpoints other than chat."""

from gateway import GatewayCase, needs


class Endpoints(GatewayCase):
    def embed(self, **options):
        return self.client.embeddings.create(model=self.upstream.row["embedding_model"], input="one text", **options)

    @needs("embeddings")
    def test_embedding_is_charged(self):
        before = self.books()
        answer = self.embed(encoding_format="float")
        self.assertEqual(answer.model, self.upstream.row["embedding_model"])
        self.assertCharged(before, answer.usage, text_only=False)

    @needs("embeddings as base64")
    def test_both_formats(self):
        """The SDK asks for base64 on its own and decodes it."""
        packed, plain = self.embed(), self.embed(encoding_format="float")
        self.assertGreater(len(plain.data[0].embedding), 1)
        self.assertEqual(len(packed.data[0].embedding), len(plain.data[0].embedding))
        for one, other in zip(packed.data[0].embedding, plain.data[0].embedding):
            self.assertAlmostEqual(one, other, places=5)

    @needs("embeddings of several texts")
    def test_several_texts(self):
        answer = self.client.embeddings.create(model=self.upstream.row["embedding_model"], input=["one", "two"])
        self.assertEqual([item.index for item in answer.data], [0, 1])
        self.assertNotEqual(answer.data[0].embedding, answer.data[1].embedding)

    @needs("a picture")
    def test_picture(self):
        before = self.books()
        answer = self.client.images.generate(model=self.upstream.row["image_model"], prompt="A red cube")
        self.assertTrue(answer.data[0].url or answer.data[0].b64_json)
        self.assertPaid(before)

    def test_moderations(self):
        model = self.upstream.row.get("moderation_model")
        if model is None:
            self.skipTest("moderations: none")
        answer = self.client.moderations.create(model=model, input=["Good morning", "I will kill you"])
        self.assertEqual([result.flagged for result in answer.results], [False, True])
        self.assertTrue(answer.results[1].categories.violence)
        self.assertTrue(answer.model.startswith("omni-moderation"))
