import Glibc
import JSON
import TestKit
import TestTraits
import Testing

@testable import Gateway

/// `one-api --backup` while the gateway works.
@Suite(.inTurn) struct BackupEndToEndTests {
    private func backUp(_ installation: Installation, to file: String) -> Child {
        Child(
            "one-api", ["--backup", file], in: installation.directory.path,
            environment: ["SQLITE_PATH": installation.directory.path + "/one-api.db"])
    }

    /// What a gateway on that database says of root's balance and of the log.
    private func books(_ database: String) throws -> (left: Int64, charged: Int64) {
        let directory = TemporaryDirectory()
        let child = Child(
            "one-api", ["--log-dir", ""], in: directory.path,
            environment: ["SQLITE_PATH": database, "HOST": "127.0.0.1", "PORT": "0", "EVENT_LOOPS": "1"])
        var port: Int?
        _ = Child.isTrue {
            port = child.output.firstMatch(of: #/address=http://127\.0\.0\.1:(\d+)/#).flatMap { Int($0.1) }
            return port != nil || !child.isRunning
        }
        func ask(_ path: String) throws -> JSON? {
            let client = try RawClient(port: try #require(port, "\(child.errors)"))
            client.send("GET \(path) HTTP/1.1\r\nHost: a\r\nConnection: close\r\nAuthorization: rootaccess\r\n\r\n")
            return try JSON.parse(Array(client.receiveAnswer().body.utf8))["data"]
        }
        let left = try ask("/api/user/self")?["quota"]?.int
        let charged = try ask("/api/log/stat?type=2")?["quota"]?.int
        child.send(SIGTERM)
        #expect(child.ended() == 0)
        return (try #require(left), try #require(charged))
    }

    private static func chat(_ port: Int, isStream: Bool) throws {
        let body = #"{"model":"gpt-4o","stream":\#(isStream),"messages":[{"role":"user","content":"Hello!"}]}"#
        let client = try RawClient(port: port)
        client.send(
            "POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nConnection: close\r\nAuthorization: roottoken\r\n"
                + "Content-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n\r\n" + body)
        #expect(client.receiveAll().hasPrefix("HTTP/1.1 200"))
    }

    @Test("a gateway that starts on a backup has books that agree, with every charge from before")
    func underLoad() async throws {
        let installation = try await Installation(models: "gpt-4o")
        try await withThrowingTaskGroup(of: Void.self) { group in
            let port = installation.gateway.port
            group.addTask(executorPreference: TestThreads.shared) {
                for number in 0..<60 { try Self.chat(port, isStream: number % 3 == 0) }
            }
            for number in 0..<3 {
                _ = try installation.chat("Before \(number)")
                let before = try installation.books().quota
                let file = "\(installation.directory.path)/backup\(number).db"
                let child = backUp(installation, to: file)
                #expect(child.ended() == 0, "\(child.errors)")
                #expect(child.output.contains("to \(file): "))
                let (left, charged) = try books(file)
                #expect(left + charged == 500_000_000_000_000 && charged >= before && before > 0)
            }
            try await group.waitForAll()
        }
        let file = installation.directory.path + "/backup0.db"
        let again = backUp(installation, to: file)
        #expect(again.ended() == 2)
        #expect(again.errors == "one-api: no backup was made: \(file) exists already; a backup writes over nothing\n")
        await installation.close()
    }
}
