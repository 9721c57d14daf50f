//! Dates and times as texts say them, to what PostgreSQL stores: days and microseconds since 2000-01-01.
//!
//! All years that PostgreSQL holds, before Christ, too, which libraries for dates do not. Days of a date:
//! <https://howardhinnant.github.io/date_algorithms.html>.

use super::{POSTGRES_EPOCH, POSTGRES_EPOCH_DAYS};

const MICROSECONDS_A_DAY: i64 = 86_400_000_000;

/// A date, the time of the day and, where it has one, the seconds that its zone is east.
struct Moment {
    days: i64,
    microseconds: i64,
    zone: Option<i64>,
}

/// Reads `2026-01-31`, with BC behind it for years before the first one, or `infinity`.
pub fn date(text: &str) -> Option<i32> {
    if let Some(later) = infinity(text) {
        return Some(if later { i32::MAX } else { i32::MIN });
    }
    let moment = moment(text)?;
    let is_midnight = moment.microseconds == 0 && moment.zone.unwrap_or_default() == 0;
    i32::try_from(moment.days - POSTGRES_EPOCH_DAYS)
        .ok()
        .filter(|days| is_midnight && *days != i32::MAX && *days != i32::MIN)
}

/// Reads `12:30:00.5` as microseconds since midnight.
pub fn time(text: &str) -> Option<i64> {
    let (microseconds, rest) = time_of_day(text)?;
    rest.is_empty().then_some(microseconds)
}

/// Reads `2026-01-31 12:30:00`; UTC may stand behind it, and no other zone.
pub fn timestamp(text: &str) -> Option<i64> {
    if let Some(later) = infinity(text) {
        return Some(if later { i64::MAX } else { i64::MIN });
    }
    let moment = moment(text)?;
    match moment.zone {
        None | Some(0) => moment.microseconds_since_2000(),
        Some(_) => None,
    }
}

/// Reads `2026-01-31T12:30:00+02:00`, which must say its zone.
pub fn timestamptz(text: &str) -> Option<i64> {
    if let Some(later) = infinity(text) {
        return Some(if later { i64::MAX } else { i64::MIN });
    }
    let moment = moment(text)?;
    let zone = moment.zone?;
    moment.microseconds_since_2000()?.checked_sub(zone * 1_000_000)
}

impl Moment {
    fn microseconds_since_2000(&self) -> Option<i64> {
        let days = self.days - POSTGRES_EPOCH_DAYS;
        days.checked_mul(MICROSECONDS_A_DAY)?
            .checked_add(self.microseconds)
    }
}

/// Writes days since 1970-01-01 as a date, as PostgreSQL does.
pub fn date_text(unix_days: i64) -> String {
    // Four hundred years have 146,097 days; the year begins in March, so that the odd day is its last.
    let shifted = unix_days + 719_468;
    let (era, day) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let from_march = (5 * day + 2) / 153;
    let month = if from_march < 10 {
        from_march + 3
    } else {
        from_march - 9
    };
    let year = year + era * 400 + i64::from(month <= 2);
    let (shown, suffix) = if year < 1 { (1 - year, " BC") } else { (year, "") };
    format!(
        "{shown:04}-{month:02}-{:02}{suffix}",
        day - (153 * from_march + 2) / 5 + 1
    )
}

/// Writes microseconds since midnight, the fraction without zeros at its end.
pub fn time_text(microseconds: i64) -> String {
    let (seconds, fraction) = (
        microseconds.div_euclid(1_000_000),
        microseconds.rem_euclid(1_000_000),
    );
    let text = format!(
        "{:02}:{:02}:{:02}",
        seconds / 3_600,
        seconds / 60 % 60,
        seconds % 60
    );
    match fraction {
        0 => text,
        _ => format!("{text}.{}", format!("{fraction:06}").trim_end_matches('0')),
    }
}

/// Writes microseconds since 1970-01-01 UTC with the zone, which is UTC.
pub fn timestamptz_text(unix_microseconds: i64) -> String {
    let date = date_text(unix_microseconds.div_euclid(MICROSECONDS_A_DAY));
    let time = time_text(unix_microseconds.rem_euclid(MICROSECONDS_A_DAY));
    match date.strip_suffix(" BC") {
        Some(date) => format!("{date} {time}+00 BC"),
        None => format!("{date} {time}+00"),
    }
}

/// Microseconds since 1970-01-01 as PostgreSQL counts them.
pub fn since_2000(unix_microseconds: i64) -> Option<i64> {
    unix_microseconds.checked_sub(POSTGRES_EPOCH)
}

fn infinity(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "infinity" => Some(true),
        "-infinity" => Some(false),
        _ => None,
    }
}

fn moment(text: &str) -> Option<Moment> {
    let (text, before_christ) = match text.strip_suffix(" BC") {
        Some(text) => (text, true),
        None => (text.strip_suffix(" AD").unwrap_or(text), false),
    };
    let (date, time) = match text.split_once(['T', 't', ' ']) {
        Some((date, time)) => (date, Some(time)),
        None => (text, None),
    };
    let mut parts = date.split('-');
    let year = parts.next().filter(|year| year.len() >= 4)?;
    let (year, month, day) = (
        number(year, 7)?,
        number(parts.next()?, 2)?,
        number(parts.next()?, 2)?,
    );
    if parts.next().is_some() || year == 0 {
        return None;
    }
    let days = days(if before_christ { 1 - year } else { year }, month, day)?;
    let Some(time) = time else {
        return Some(Moment {
            days,
            microseconds: 0,
            zone: None,
        });
    };
    let (microseconds, rest) = time_of_day(time)?;
    Some(Moment {
        days,
        microseconds,
        zone: match rest.trim_start() {
            "" => None,
            rest => Some(zone(rest)?),
        },
    })
}

/// Days since 1970-01-01 in the calendar that is used today.
fn days(year: i64, month: i64, day: i64) -> Option<i64> {
    let is_leap = year.rem_euclid(4) == 0 && (year.rem_euclid(100) != 0 || year.rem_euclid(400) == 0);
    let most = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 => 28 + i64::from(is_leap),
        _ => return None,
    };
    if !(1..=most).contains(&day) {
        return None;
    }
    let year = if month <= 2 { year - 1 } else { year };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let from_march = if month > 2 { month - 3 } else { month + 9 };
    let of_year = (153 * from_march + 2) / 5 + day - 1;
    Some(era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468)
}

/// `12:30`, `12:30:00` or `12:30:00.123456`, and what stands behind it.
fn time_of_day(text: &str) -> Option<(i64, &str)> {
    let end = text
        .find(|c: char| !(c.is_ascii_digit() || matches!(c, ':' | '.')))
        .unwrap_or(text.len());
    let (time, rest) = text.split_at_checked(end)?;
    let (clock, fraction) = time.split_once('.').unwrap_or((time, "0"));
    let mut parts = clock.split(':');
    let (hour, minute) = (number(parts.next()?, 2)?, number(parts.next()?, 2)?);
    let second = parts.next().map_or(Some(0), |second| number(second, 2))?;
    if parts.next().is_some() || hour > 24 || minute > 59 || second > 59 {
        return None;
    }
    // One digit more than is stored, to round by.
    let tenths = number(format!("{fraction:0<7}").get(..7)?, 7)?;
    fraction
        .bytes()
        .all(|digit| digit.is_ascii_digit())
        .then_some(())?;
    let microseconds = ((hour * 60 + minute) * 60 + second) * 1_000_000 + (tenths + 5) / 10;
    (microseconds <= MICROSECONDS_A_DAY).then_some((microseconds, rest))
}

/// `Z`, `+02`, `+0200`, `+02:00` or `+02:00:00`: the seconds that it is east.
fn zone(text: &str) -> Option<i64> {
    if matches!(text, "Z" | "z") {
        return Some(0);
    }
    let (sign, digits) = match text.split_at_checked(1)? {
        ("+", digits) => (1, digits),
        ("-", digits) => (-1, digits),
        _ => return None,
    };
    let digits = digits.replace(':', "");
    let part = |at: usize| digits.get(at..at + 2).map_or(Some(0), |part| number(part, 2));
    if !matches!(digits.len(), 2 | 4 | 6) {
        return None;
    }
    let (hours, minutes, seconds) = (part(0)?, part(2)?, part(4)?);
    (hours < 16 && minutes < 60 && seconds < 60).then_some(sign * ((hours * 60 + minutes) * 60 + seconds))
}

/// Digits alone, as many at most.
fn number(text: &str, most: usize) -> Option<i64> {
    let is_number =
        !text.is_empty() && text.len() <= most && text.bytes().all(|digit| digit.is_ascii_digit());
    is_number.then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn each_form_is_read_and_mistakes_are_not() {
        assert_eq!(date("2000-01-01"), Some(0));
        assert_eq!(date("1999-12-31"), Some(-1));
        assert_eq!(
            date("4714-11-24 BC"),
            Some(-2_451_545),
            "the first day that there is"
        );
        assert_eq!(date("2026-01-31T00:00:00.000Z"), date("2026-01-31"));
        assert_eq!(date("2026-01-31T10:00:00Z"), None);
        let bad = [
            "2026-02-29",
            "2026-13-01",
            "2026-1",
            "31.01.2026",
            "0000-01-01",
            "26-01-01",
            "2026-01-00",
            "",
        ];
        assert!(bad.iter().all(|text| date(text).is_none()));
        assert_eq!(time("24:00:00"), Some(MICROSECONDS_A_DAY));
        assert_eq!(time("01:02:03.0000005"), Some(3_723_000_001));
        assert!(
            ["24:00:01", "1", "12:60", "12:00Z", "12:00:00.1x"]
                .iter()
                .all(|text| time(text).is_none())
        );
        assert_eq!(timestamp("2000-01-01 00:00:01"), Some(1_000_000));
        assert_eq!(timestamp("2000-01-01T00:00:01Z"), Some(1_000_000));
        assert_eq!(timestamp("2000-01-01T00:00:01+01"), None);
        for text in [
            "2000-01-01T02:00:00+02:00",
            "2000-01-01 00:00:00 +00",
            "1999-12-31T19:00-0500",
        ] {
            assert_eq!(timestamptz(text), Some(0), "{text}");
        }
        assert_eq!(timestamptz("2000-01-01 00:00:00"), None);
        assert_eq!(timestamptz("-infinity"), Some(i64::MIN));
    }

    proptest! {
        #[test]
        fn writing_and_reading_are_inverse(days in -2_440_000_i64..100_000_000, microseconds in 0..MICROSECONDS_A_DAY) {
            prop_assert_eq!(date(&date_text(days)).map(i64::from), Some(days - POSTGRES_EPOCH_DAYS));
            prop_assert_eq!(time(&time_text(microseconds)), Some(microseconds));
            let unix = (days % 80_000_000) * MICROSECONDS_A_DAY + microseconds;
            prop_assert_eq!(timestamptz(&timestamptz_text(unix)), since_2000(unix));
        }

        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,30}") {
            let _ = (date(&text), time(&text), timestamp(&text), timestamptz(&text));
        }
    }
}
