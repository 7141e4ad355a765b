package import Chat
import JSON

/// What an error says in a word of its vendor's, where the word tells more than the status does
/// (spec/wire/ali.md §8.3, spec/wire/baidu.md §5.2). The words of all vendors are in one table, as no two mean different
/// things by one.
struct VendorWord {
    let kind: UpstreamFailure.Kind
    let status: Int
    /// OpenAI's word; `nil` leaves the vendor's.
    var code: String?
    /// The only error status with which the word means this; `nil` for any.
    var at: Int?

    /// - Parameter status: of the answer; `nil` for an error where an answer was due.
    /// - Returns: `nil` where status and type tell all.
    static func of(_ error: JSON, status: Int?) -> VendorWord? {
        let found = error["code"]?.string.flatMap { byCode[$0] } ?? error["type"]?.string.flatMap { byType[$0] }
        guard let found, let status, let place = found.at else { return found }
        return place == status ? found : nil
    }

    private static let outOfMoney = VendorWord(kind: .quotaExceeded, status: 429, code: "insufficient_quota")
    private static let tooLong = VendorWord(kind: .badRequest, status: 400, code: "context_length_exceeded")
    private static let withheld = VendorWord(kind: .badRequest, status: 400, code: "content_filter")
    private static let tooFast = VendorWord(kind: .rateLimited, status: 429, code: "rate_limit_exceeded")

    private static let byCode: [String: VendorWord] = [
        // Ali, also in the words of its native interface, which some answers have.
        "Arrearage": outOfMoney, "CommodityNotPurchased": outOfMoney, "PrepaidBillOverdue": outOfMoney,
        "PostpaidBillOverdue": outOfMoney, "AllocationQuota.FreeTierOnly": outOfMoney,
        "data_inspection_failed": withheld, "DataInspectionFailed": withheld,
        "limit_requests": tooFast, "limit_burst_rate": tooFast,
        // Baidu.
        "account_overdue": outOfMoney, "tokens_too_long": tooLong, "characters_too_long": tooLong,
        "text_unsafe": withheld, "image_url_unsafe": withheld,
        "rpm_rate_limit_exceeded": tooFast, "tpm_rate_limit_exceeded": tooFast,
        "preemptible_rate_limit_exceeded": tooFast,
        "invalid_iam_token": VendorWord(kind: .authentication, status: 401, code: "invalid_api_key"),
        // With 401 too, though the key is good: it may not use this model, or this parameter.
        "invalid_model": VendorWord(kind: .permission, status: 403, at: 401),
        "no_parameter_permission": VendorWord(kind: .permission, status: 403),
    ]

    /// Baidu has more codes of a type than it lists.
    private static let byType: [String: VendorWord] = ["unsafe_request": withheld]
}

extension UpstreamFailure {
    /// Whether it says that the upstream does not take `stream_options`, by which a stream is asked for its usage.
    package var refusesStreamOptions: Bool {
        guard kind == .badRequest, status == 400 || status == 422 else { return false }
        return [parameter ?? "", message].contains { $0.contains("stream_options") || $0.contains("include_usage") }
    }
}
