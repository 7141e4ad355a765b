import TestKit
import TestTraits
import Testing

@testable import Database

@Suite(.inTurn) struct IdentifierTests {
    /// Tables as one-api makes them, without AUTOINCREMENT, each with one row.
    private static let oneAPI = """
        CREATE TABLE "users" (`id` integer,`username` text UNIQUE,`password` text NOT NULL,`aff_code` varchar(32),
            `access_token` char(32),PRIMARY KEY (`id`));
        INSERT INTO users(id, username, password) VALUES(4, 'root', 'x');
        CREATE TABLE "tokens" (`id` integer,`user_id` integer,`key` char(48),PRIMARY KEY (`id`));
        INSERT INTO tokens(id, user_id, key) VALUES(7, 4, 'old');
        CREATE TABLE "channels" (`id` integer,`type` integer DEFAULT 0,`key` text,PRIMARY KEY (`id`));
        INSERT INTO channels(id, type) VALUES(9, 1);
        """

    private func database(_ path: String, _ more: String = "") throws -> SQLiteDatabase {
        do {
            let old = try Connection(path: path, busyTimeout: 100, isReadOnly: false)
            try old.execute(Self.oneAPI + more)
        }
        return try SQLiteDatabase(path: path)
    }

    private func token(_ key: String) -> TokenRecord {
        var token = TokenRecord()
        (token.userID, token.key) = (4, key)
        return token
    }

    @Test("an id is never given twice, even in one-api's database")
    func neverReturns() async throws {
        let directory = TemporaryDirectory()
        let database = try database(directory.path + "/a.db")
        let ids = try await database.write { connection -> [Int64] in
            var ids: [Int64] = []
            for number in 0..<3 {
                _ = try connection.deleteToken(number == 0 ? 7 : ids[number - 1], userID: 4)
                ids.append(try connection.insert(token("new\(number)")))
            }
            return ids
        }
        #expect(ids == [8, 9, 10])
        let channels = try await database.write { connection -> [Int64] in
            try connection.deleteChannel(9)
            let first = try connection.insert(ChannelRecord())
            try connection.deleteChannel(first)
            return [first, try connection.insert(ChannelRecord())]
        }
        #expect(channels == [10, 11])
        database.close()
        // Neither after another start nor after a transaction that was rolled back.
        let again = try SQLiteDatabase(path: directory.path + "/a.db")
        struct Wanted: Error {}
        _ = try await again.write { try $0.deleteToken(10, userID: 4) }
        _ = try? await again.write { connection in
            try connection.insert(token("lost"))
            throw Wanted()
        }
        #expect(try await again.write { try $0.insert(token("last")) } == 11)
        again.close()
    }

    @Test("ids that only other tables still mention count as used, except ids that no counter can reach")
    func traces() async throws {
        let directory = TemporaryDirectory()
        let database = try database(
            directory.path + "/a.db",
            """
            CREATE TABLE "logs" (`id` integer,`user_id` integer,`channel_id` integer,PRIMARY KEY (`id`));
            INSERT INTO logs(user_id, channel_id) VALUES(30, 40), (9223372036854775807, 9223372036854775807);
            INSERT INTO tokens(id, user_id, key) VALUES(9223372036854775807, 4, 'giant');
            """)
        var user = UserRecord()
        (user.username, user.accessToken, user.affCode) = ("new", "a", "b")
        let made = user
        let ids = try await database.write {
            [try $0.insert(made), try $0.insert(ChannelRecord()), try $0.insert(token("new"))]
        }
        #expect(ids == [31, 41, 8])
        database.close()
    }

    @Test("rows that one-api made in the meantime count too")
    func backFromOneAPI() async throws {
        let directory = TemporaryDirectory()
        try database(directory.path + "/a.db").close()
        do {
            let other = try Connection(path: directory.path + "/a.db", busyTimeout: 100, isReadOnly: false)
            try other.execute("INSERT INTO tokens(id, user_id, key) VALUES(20, 4, 'theirs')")
        }
        let database = try SQLiteDatabase(path: directory.path + "/a.db")
        _ = try await database.write { try $0.deleteToken(20, userID: 4) }
        #expect(try await database.write { try $0.insert(token("new")) } == 21)
        database.close()
    }
}
