extension OpenAI {
    func completions(_ call: Call) throws(Failure) -> Answer { throw .server }
    func embeddings(_ call: Call) throws(Failure) -> Answer { throw .server }
    func moderations(_ call: Call) throws(Failure) -> Answer { throw .server }
    func imageGenerations(_ call: Call) throws(Failure) -> Answer { throw .server }
    func imageEdits(_ call: Call) throws(Failure) -> Answer { throw .server }
    func imageVariations(_ call: Call) throws(Failure) -> Answer { throw .server }
    func speech(_ call: Call) throws(Failure) -> Answer { throw .server }
    func transcriptions(_ call: Call) throws(Failure) -> Answer { throw .server }
    func translations(_ call: Call) throws(Failure) -> Answer { throw .server }
}
