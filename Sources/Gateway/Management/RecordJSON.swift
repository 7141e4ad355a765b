import Database
import JSON

extension UserRecord {
    /// 19 members; secrets are empty (spec/management-api.md §4). The balance is the ledger's if it holds the account.
    func json(_ ledger: Ledger) -> JSON {
        [
            "id": .int(id), "username": .string(username), "password": "", "display_name": .string(displayName),
            "role": .int(role), "status": .int(status), "email": .string(email), "github_id": .string(githubID),
            "wechat_id": .string(wechatID), "lark_id": .string(larkID), "oidc_id": .string(oidcID),
            "verification_code": "", "access_token": "", "quota": .int(ledger.balance(ofUser: id) ?? quota),
            "used_quota": .int(usedQuota), "request_count": .int(requestCount), "group": .string(group),
            "aff_code": .string(affCode), "inviter_id": .int(inviterID),
        ]
    }
}

extension TokenRecord {
    /// 13 members.
    func json(_ ledger: Ledger) -> JSON {
        [
            "id": .int(id), "user_id": .int(userID), "key": .string(key), "status": .int(status),
            "name": .string(name), "created_time": .int(createdTime), "accessed_time": .int(accessedTime),
            "expired_time": .int(expiredTime), "remain_quota": .int(ledger.balance(ofToken: id) ?? remainQuota),
            "unlimited_quota": .bool(isUnlimited), "used_quota": .int(usedQuota),
            "models": models.map { .string($0) } ?? .null, "subnet": subnet.map { .string($0) } ?? .null,
        ]
    }
}

extension ChannelRecord {
    /// 20 members. The key is always empty, since nobody who may read a channel needs it.
    var json: JSON {
        func text(_ value: String?) -> JSON { value.map { .string($0) } ?? .null }
        func number(_ value: Int64?) -> JSON { value.map { .int($0) } ?? .null }
        return [
            "id": .int(id), "type": .int(type), "key": "", "status": .int(status), "name": .string(name),
            "weight": number(weight), "created_time": .int(createdTime), "test_time": .int(testTime),
            "response_time": .int(responseTime), "base_url": text(baseURL), "other": text(other),
            "balance": .double(balance), "balance_updated_time": .int(balanceUpdatedTime), "models": .string(models),
            "group": .string(group), "used_quota": .int(usedQuota), "model_mapping": text(modelMapping),
            "priority": number(priority), "config": .string(config), "system_prompt": text(systemPrompt),
        ]
    }
}

extension LogRecord {
    /// 16 members.
    var json: JSON {
        [
            "id": .int(id), "user_id": .int(userID), "created_at": .int(createdAt), "type": .int(type),
            "content": .string(content), "username": .string(username), "token_name": .string(tokenName),
            "model_name": .string(modelName), "quota": .int(quota), "prompt_tokens": .int(promptTokens),
            "completion_tokens": .int(completionTokens), "channel": .int(channelID),
            "request_id": .string(requestID), "elapsed_time": .int(elapsedTime), "is_stream": .bool(isStream),
            "system_prompt_reset": .bool(isSystemPromptReset),
        ]
    }
}
