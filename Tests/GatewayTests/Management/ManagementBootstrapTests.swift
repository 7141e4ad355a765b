import Database
import JSON
import TestKit
import Testing

@testable import Gateway

@Suite struct ManagementBootstrapTests {
    @Test("a new database gets root with the tokens that the environment names, and an old one is left alone")
    func root() async throws {
        let directory = TemporaryDirectory()
        var configuration = Configuration.quiet
        configuration.initialRootToken = Secret("initial")
        let first = try await ManagedGateway(configuration, in: directory)
        let root = try await first.database.read { try $0.user(id: 1) }
        #expect(root?.username == "root" && root?.role == 100 && root?.quota == 500_000_000_000_000)
        #expect(root?.displayName == "Root User" && root?.accessToken == ManagedGateway.rootToken)
        let token = try first.data("GET", "/api/token/1")
        #expect(token["key"] == "initial" && token["name"] == "Initial Root Token" && token["unlimited_quota"] == true)
        #expect(try first.send("GET", "/v1/models", headers: ["Authorization: Bearer sk-initial"]).status == 200)
        try first.data("PUT", "/api/user/self", ["password": "another password"])
        await first.shutDown()
        let second = try await ManagedGateway(configuration, in: directory)
        #expect(try second.logIn("root", "123456").cookie == nil)
        #expect(try second.data("GET", "/api/token/").array?.count == 1)
        #expect(try second.data("GET", "/api/user/").array?.count == 1)
    }

    @Test("sessions survive a restart with the same secret, the ended ones stay ended, and without a secret none does")
    func sessions() async throws {
        let directory = TemporaryDirectory()
        var configuration = Configuration.quiet
        configuration.sessionSecret = Secret("a secret of our own")
        let first = try await ManagedGateway(configuration, in: directory)
        let (kept, ended) = (try first.logIn("root", "123456").cookie, try first.logIn("root", "123456").cookie)
        let (keptHeader, endedHeader) = (["Cookie: \(kept ?? "")"], ["Cookie: \(ended ?? "")"])
        try first.data("GET", "/api/user/logout", headers: endedHeader)
        await first.shutDown()
        let second = try await ManagedGateway(configuration, in: directory)
        #expect(try second.send("GET", "/api/user/self", headers: keptHeader).status == 200)
        #expect(try second.send("GET", "/api/user/self", headers: endedHeader).status == 401)
        await second.shutDown()
        configuration.sessionSecret = nil
        let third = try await ManagedGateway(configuration, in: directory)
        #expect(try third.send("GET", "/api/user/self", headers: keptHeader).status == 401)
    }
}
