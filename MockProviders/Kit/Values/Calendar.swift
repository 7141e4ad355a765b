/// The time in RFC 3339, in UTC, such as `2025-09-29T12:00:00Z`.
func rfc3339(_ seconds: Int) -> String {
    let day = Int((Double(seconds) / 86_400).rounded(.down))
    let rest = seconds - day * 86_400
    // Days are counted from 0000-03-01, so that the leap day is the last day of a year.
    let shifted = day + 719_468
    let era = Int((Double(shifted) / 146_097).rounded(.down))
    let inEra = shifted - era * 146_097
    let year = (inEra - inEra / 1460 + inEra / 36_524 - inEra / 146_096) / 365
    let inYear = inEra - (365 * year + year / 4 - year / 100)
    let month = (5 * inYear + 2) / 153
    let date = inYear - (153 * month + 2) / 5 + 1
    let calendar = (year: year + era * 400 + (month < 10 ? 0 : 1), month: month < 10 ? month + 3 : month - 9)
    func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
    return "\(calendar.year)-\(two(calendar.month))-\(two(date))T\(two(rest / 3600)):\(two(rest / 60 % 60)):"
        + "\(two(rest % 60))Z"
}
