/// Moments as text that means the same everywhere.
package enum UTCTime {
    /// The moment so many seconds after the start of 1970, such as `2026-11-22T20:26:48Z`.
    package static func text(_ seconds: Int64) -> String {
        let (days, rest) = floorDivided(seconds, by: 86400)
        let (year, month, day) = date(days)
        func padded(_ number: Int64, _ count: Int) -> String {
            let digits = "\(number)"
            return String(repeating: "0", count: max(0, count - digits.count)) + digits
        }
        let time = [rest / 3600, rest / 60 % 60, rest % 60].map { padded($0, 2) }
        return "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))T"
            + time.joined(separator: ":") + "Z"
    }

    /// Year, month and day of a day since 1970.
    ///
    /// Years are counted from March, so that the day that is added every fourth year is the last of
    /// its year; 400 years have 146097 days.
    private static func date(_ days: Int64) -> (Int64, Int64, Int64) {
        let (era, dayOfEra) = floorDivided(days + 719_468, by: 146_097)
        let yearOfEra =
            (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        let year = era * 400 + yearOfEra + (month <= 2 ? 1 : 0)
        return (year, month, day)
    }

    private static func floorDivided(
        _ value: Int64,
        by divisor: Int64
    ) -> (quotient: Int64, remainder: Int64) {
        let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }
}
