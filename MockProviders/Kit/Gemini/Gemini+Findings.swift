/// The members of a candidate beside its content: ratings, citations, sources and probabilities.
extension Gemini.Output {
    func writeRatings(to object: inout Document) {
        let ratings = [
            ("HARM_CATEGORY_HATE_SPEECH", "LOW"), ("HARM_CATEGORY_DANGEROUS_CONTENT", "NEGLIGIBLE"),
            ("HARM_CATEGORY_HARASSMENT", "NEGLIGIBLE"), ("HARM_CATEGORY_SEXUALLY_EXPLICIT", "NEGLIGIBLE"),
        ]
        object.array("safetyRatings") { list in
            for (category, probability) in ratings {
                list.object { rating in
                    names.write("category", category, of: Gemini.Names.categories, to: &rating)
                    names.write("probability", probability, of: Gemini.Names.probabilities, to: &rating)
                    if probability == "NEGLIGIBLE" { return }
                    rating.key("blocked")
                    rating.bool(true)
                }
            }
        }
    }

    static func writeCitations(to candidate: inout Document, isVertex: Bool) {
        candidate.object("citationMetadata") { data in
            data.array(isVertex ? "citations" : "citationSources") { list in
                list.object { source in
                    source.member("startIndex", 1)
                    source.member("endIndex", 100)
                    source.member("uri", "https://example.test/recited")
                }
            }
        }
    }

    func writeFinds(_ reply: Reply, to candidate: inout Document) {
        if searches(reply) { writeSearch(reply, to: &candidate) }
        if readsPages(reply) {
            candidate.object("urlContextMetadata") { data in
                data.array("urlMetadata") { list in
                    list.object { page in
                        page.member("retrievedUrl", "https://example.test/page")
                        page.member("urlRetrievalStatus", "URL_RETRIEVAL_STATUS_SUCCESS")
                    }
                }
            }
        }
    }

    private func writeSearch(_ reply: Reply, to candidate: inout Document) {
        let text = reply.text.map(\.text).joined()
        candidate.object("groundingMetadata") { data in
            data.array("webSearchQueries") { $0.string(String(request.talk.lastUserText.prefix(100))) }
            data.array("groundingChunks") { list in
                list.object { chunk in
                    chunk.object("web") { web in
                        web.member("uri", "https://example.test/found")
                        web.member("title", "What the mock found")
                    }
                }
            }
            data.array("groundingSupports") { list in
                list.object { support in
                    support.object("segment") { segment in
                        segment.member("endIndex", text.utf8.count)
                        segment.member("text", text)
                    }
                    support.array("groundingChunkIndices") { $0.int(0) }
                }
            }
        }
    }

    static func write(_ parts: [Part], top: Int, to candidate: inout Document) {
        let pieces = parts.flatMap { part in
            if case .text(let pieces, _) = part { pieces } else { [] as [Piece] }
        }
        candidate.object("logprobsResult") { result in
            result.array("topCandidates") { list in
                for piece in pieces {
                    list.object { item in
                        item.array("candidates") { tops in for rank in 0..<top { write(piece, rank, to: &tops) } }
                    }
                }
            }
            result.array("chosenCandidates") { list in for piece in pieces { write(piece, 0, to: &list) } }
        }
    }

    private static func write(_ piece: Piece, _ rank: Int, to list: inout Document) {
        list.object { item in
            item.member("token", rank == 0 ? piece.text : piece.text + String(rank))
            item.key("logProbability")
            item.raw("-\(rank).25")
        }
    }
}
