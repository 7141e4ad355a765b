import Database
import JSON

// What management answers when the database fails or falls behind. It never claims more than is true.

extension ManagementAnswer {
    /// Reports success: the change is in the ledger's journal, so it is durable. First waits a while for the database,
    /// so that the tables show the change.
    static func recorded(by ledger: Ledger) async -> ManagementAnswer {
        if await ledger.flush() { return .done }
        let text = "已记入账本，数据库将随后更新 / recorded in the journal; the database will follow"
        return ManagementAnswer(members: [("message", .string(text))])
    }

    /// Adds a message if a list or a sum may lack the latest charges.
    func noting(isWhole: Bool) -> ManagementAnswer {
        guard !isWhole else { return self }
        var answer = self
        let text = "数据库暂时无法更新，最新的记录可能缺失 / the database does not keep up: the newest rows may be missing"
        answer.members.append(("message", .string(text)))
        return answer
    }
}

extension ManagementError {
    init(_ refusal: BalanceRefusal) {
        switch refusal {
        case .unknownAccount: self = .notFound
        case .tooLarge: self.init("余额超出上限 / the balance would grow beyond 2^61")
        case .storage: self.init("网关暂时无法记录费用，未作任何更改 / the gateway cannot record it at the moment; nothing was changed")
        }
    }

    /// The answer to an edit whose quota could not be changed although its other members were written.
    static let quotaUnchanged = ManagementError(
        "网关暂时无法记录费用，额度未更改，其余更改已保存 / the gateway cannot record it at the moment: the quota is as before, the rest is changed"
    )

    /// Why a change of the database failed. In all these cases nothing was changed.
    static func text(of error: any Error) -> String {
        switch error as? DatabaseError {
        case .full: "磁盘已满 / the disk is full"
        case .busy: "数据库被其他程序锁定，未作任何更改 / another program holds the database; nothing was changed"
        case .unavailable: "数据库暂时不可用，未作任何更改 / the database is out of order; nothing was changed"
        default: "数据库操作失败 / the database refused"
        }
    }
}
