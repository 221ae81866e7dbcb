//! Days as people write them, in their own time zone.

/// What time it is, and where.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Clock {
    /// ms since the epoch.
    pub now: f64,
    /// Minutes by which local time is ahead of UTC. One offset for all dates: an hour's error around a change of
    /// the clocks moves no page that anybody would miss.
    pub offset: f64,
}

/// ms of a day.
const DAY: f64 = 86_400_000.0;

/// The first moment of the day, month or year in `value`, ms since the epoch, and what is left of `rest`: `last`
/// takes the next word along. `None` where it is no date.
pub(super) fn start<'a>(value: &str, rest: &'a str, clock: Clock) -> Option<(f64, &'a str)> {
    let value = value.trim().to_lowercase();
    let today = ((clock.now + clock.offset * 60_000.0) / DAY).floor();
    if !today.is_finite() || today.abs() > 1e8 {
        return None;
    }
    let today = today as i64;
    let at = |day: i64| day as f64 * DAY - clock.offset * 60_000.0;
    let of_last = |unit: &str| {
        let (year, month, _) = civil(today);
        Some(match unit {
            // The epoch was a Thursday.
            "week" => today - (today + 3).rem_euclid(7) - 7,
            "month" if month == 1 => days(year - 1, 12, 1),
            "month" => days(year, month - 1, 1),
            "year" => days(year - 1, 1, 1),
            _ => return None,
        })
    };
    match value.as_str() {
        "today" => Some((at(today), rest)),
        "yesterday" => Some((at(today - 1), rest)),
        "last" => {
            let next = rest.trim_start();
            let end = next.find(char::is_whitespace).unwrap_or(next.len());
            Some((at(of_last(&next[..end].to_lowercase())?), &next[end..]))
        }
        _ => {
            let day = match value.strip_prefix("last") {
                Some(unit) => of_last(unit.trim_start_matches(['-', ' ']))?,
                None => numeric(&value)?,
            };
            Some((at(day), rest))
        }
    }
}

/// `2024`, `2024-05`, `2024-05-31`, also with slashes or points; days since the epoch of its first day.
fn numeric(value: &str) -> Option<i64> {
    let mut parts = value.split(['-', '/', '.']);
    let mut number = |digits: std::ops::RangeInclusive<usize>| match parts.next() {
        None => Some(None),
        Some(part) if digits.contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit()) => {
            Some(Some(part.parse::<i64>().ok()?))
        }
        Some(_) => None,
    };
    let (year, month, day) = (number(4..=4)??, number(1..=2)?.unwrap_or(1), number(1..=2)?.unwrap_or(1));
    let known = (1..=12).contains(&month) && day >= 1 && parts.next().is_none();
    let found = days(year, month, day);
    (known && civil(found) == (year, month, day)).then_some(found)
}

/// Days since the epoch of a day of the Gregorian calendar. (Hinnant, "chrono-Compatible Low-Level Date
/// Algorithms": the year begins in March, so that the leap day is its last.)
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// Year, month and day of days since the epoch: the inverse of [`days`].
fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (year + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_calendar_is_gregorian() {
        for (date, expected) in [
            ((1970, 1, 1), 0),
            ((1969, 12, 31), -1),
            ((2000, 2, 29), 11_016),
            ((2000, 3, 1), 11_017),
            ((2026, 11, 21), 20_778),
        ] {
            assert_eq!(days(date.0, date.1, date.2), expected, "{date:?}");
            assert_eq!(civil(expected), date);
        }
    }

    proptest! {
        #[test]
        fn days_and_dates_are_inverse(day in -1_000_000i64..1_000_000) {
            let (year, month, of_month) = civil(day);
            prop_assert_eq!(days(year, month, of_month), day);
            prop_assert!((1..=12).contains(&month) && (1..=31).contains(&of_month));
            prop_assert!(civil(day + 1) > civil(day));
        }
    }
}
