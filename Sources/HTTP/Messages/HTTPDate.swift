import Arithmetic

/// Dates in HTTP headers (RFC 9110 §5.6.7).
package enum HTTPDate {
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    /// The seconds since 1970. A date may have any of the three forms that a recipient must accept:
    /// `Sun, 06 Nov 1994 08:49:37 GMT`, `Sunday, 06-Nov-94 08:49:37 GMT` and `Sun Nov  6 08:49:37 1994`.
    package static func seconds(_ text: String) -> Int64? {
        let words = text.split { !$0.isLetter && !$0.isNumber }.map { String($0) }
        guard words.count >= 7 else { return nil }
        // The last form has the month before the day and the year at the end.
        let isOldest = months.contains(words[1])
        let (number, month) = isOldest ? (words[2], words[1]) : (words[1], words[2])
        let time = isOldest ? words[3..<6] : words[4..<7]
        guard let place = months.firstIndex(of: month), let day = Int64(number), (1...31).contains(day),
            let year = year(isOldest ? words[6] : words[3])
        else { return nil }
        var seconds = days(year, Int64(clamping: place).plus(1), day)
        for (word, limit) in zip(time, [Int64(24), 60, 61]) {
            guard let part = Int64(word), part >= 0, part < limit else { return nil }
            seconds = seconds.times(limit == 24 ? 24 : 60).plus(part)
        }
        return seconds
    }

    /// Reads a year. Two digits below 70 mean a year from 2000 on; from 70 on they mean a year of the last century.
    private static func year(_ text: String) -> Int64? {
        guard let number = Int64(text), (0...9999).contains(number) else { return nil }
        guard text.utf8.count == 2 else { return number >= 1970 ? number : nil }
        return number.plus(number < 70 ? 2000 : 1900)
    }

    /// The days since 1970. The calculation begins the year in March, so that the leap day is the last day of a year.
    private static func days(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let isBeforeMarch = month <= 2
        let year = isBeforeMarch ? year.minus(1) : year
        let fromMarch = isBeforeMarch ? month.plus(9) : month.minus(3)
        let ofYear = fromMarch.times(153).plus(2) / 5
        let leapDays = (year / 4).minus(year / 100).plus(year / 400)
        return year.times(365).plus(leapDays).plus(ofYear).plus(day).minus(719_469)
    }
}
