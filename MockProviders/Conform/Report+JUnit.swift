extension Report {
    /// The report in JUnit's XML, as CI systems read it. New failures count as failures; everything else that did not
    /// pass counts as skipped.
    package var junit: String {
        let failures = rows.count(where: \.isNewFailure)
        let skipped = rows.count { !$0.outcome.isPass && !$0.isNewFailure }
        var lines = [
            #"<?xml version="1.0" encoding="UTF-8"?>"#,
            "<testsuites><testsuite name=\"conform\" tests=\"\(rows.count)\" failures=\"\(failures)\" skipped=\"\(skipped)\""
                + " time=\"\(Self.time(rows.reduce(0) { $0 + $1.seconds }))\">",
        ]
        for row in rows {
            let head =
                "<testcase classname=\"conform\" name=\"\(Self.escaped(row.name))\" time=\"\(Self.time(row.seconds))\""
            let message = Self.escaped(row.outcome.word + (row.outcome.detail.isEmpty ? "" : ": " + row.outcome.detail))
            if row.isNewFailure {
                lines.append("\(head)><failure message=\"\(message)\"/></testcase>")
            } else if row.outcome.isPass {
                lines.append("\(head)/>")
            } else {
                lines.append("\(head)><skipped message=\"\(message)\"/></testcase>")
            }
        }
        lines.append("</testsuite></testsuites>\n")
        return lines.joined(separator: "\n")
    }

    private static func time(_ seconds: Double) -> String { "\((seconds * 1000).rounded() / 1000)" }

    /// XML does not allow control characters, not even as references.
    private static func escaped(_ text: String) -> String {
        var output = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": output += "&amp;"
            case "<": output += "&lt;"
            case ">": output += "&gt;"
            case "\"": output += "&quot;"
            case "\n", "\r", "\t": output += " "
            default: output.unicodeScalars.append(scalar.value < 0x20 || scalar.value >= 0xfffe ? "\u{fffd}" : scalar)
            }
        }
        return output
    }
}
