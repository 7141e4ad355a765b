import Database
import JSON
import TestKit
import TestTraits
import Testing

@testable import Gateway

@Suite(.inTurn) struct ManagementBootstrapTests {
    private let directory = TemporaryDirectory()

    /// Starts a gateway, runs the body and shuts the gateway down, so that the next one can use the same files.
    private func run<T>(_ configuration: Configuration, _ body: (ManagedGateway) async throws -> T) async throws -> T {
        let gateway = try await ManagedGateway(configuration, in: directory)
        let result = try await body(gateway)
        await gateway.shutDown()
        return result
    }

    @Test("a new database gets root with the tokens from the environment, and an existing one is left alone")
    func root() async throws {
        var configuration = Configuration.quiet
        configuration.initialRootToken = Secret("initial")
        try await run(configuration) { (gateway: ManagedGateway) async throws -> Void in
            let root = try await gateway.database.read { try $0.user(id: 1) }
            #expect(root?.username == "root" && root?.role == 100 && root?.quota == 500_000_000_000_000)
            #expect(root?.displayName == "Root User" && root?.accessToken == ManagedGateway.rootToken)
            let token = try gateway.data("GET", "/api/token/1")
            #expect(
                token["key"] == "initial" && token["name"] == "Initial Root Token" && token["unlimited_quota"] == true)
            #expect(try gateway.send("GET", "/v1/models", headers: ["Authorization: Bearer sk-initial"]).status == 200)
            try gateway.data("PUT", "/api/user/self", ["password": "another password"])
        }
        try await run(configuration) { (gateway: ManagedGateway) async throws -> Void in
            #expect(try gateway.logIn("root", "123456").cookie == nil)
            #expect(try gateway.logIn("root", "another password").cookie != nil)
            #expect(try gateway.data("GET", "/api/token/").array?.count == 1)
            #expect(try gateway.data("GET", "/api/user/").array?.count == 1)
        }
    }

    @Test("sessions survive a restart with the same secret, ended ones stay ended, and without the secret all end")
    func sessions() async throws {
        var configuration = Configuration.quiet
        configuration.sessionSecret = Secret("a secret of our own")
        let (kept, ended) = try await run(configuration) {
            (gateway: ManagedGateway) async throws -> ([String], [String]) in
            let kept = ["Cookie: \(try gateway.logIn("root", "123456").cookie ?? "")"]
            let ended = ["Cookie: \(try gateway.logIn("root", "123456").cookie ?? "")"]
            try gateway.data("GET", "/api/user/logout", headers: ended)
            return (kept, ended)
        }
        try await run(configuration) { (gateway: ManagedGateway) async throws -> Void in
            #expect(try gateway.send("GET", "/api/user/self", headers: kept).status == 200)
            #expect(try gateway.send("GET", "/api/user/self", headers: ended).status == 401)
        }
        configuration.sessionSecret = nil
        try await run(configuration) { (gateway: ManagedGateway) async throws -> Void in
            #expect(try gateway.send("GET", "/api/user/self", headers: kept).status == 401)
        }
    }
}
