//! Durations that travel as text: `1d`, `1h 30m` (07 §3.3).

use std::time::Duration;

use crate::codec::describe::prelude::*;
use crate::gates;

/// A duration as text. Up to 1.3 a day is spelled `1day`, later `1d`; all read both, and from 1.4 on
/// the spelling of ISO 8601 too, as `PT1H`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct DurationText(pub Duration);

const NANOS_PER_SEC: u128 = 1_000_000_000;
const DAY: u128 = 86_400 * NANOS_PER_SEC;
const HOUR: u128 = 3_600 * NANOS_PER_SEC;
const MINUTE: u128 = 60 * NANOS_PER_SEC;
/// What is taken for a year and a month up to 1.3.
const YEAR: u128 = 31_557_600 * NANOS_PER_SEC;
const MONTH: u128 = 2_630_016 * NANOS_PER_SEC;

/// A unit: its length in nanoseconds and its names.
type Unit = (u128, &'static [&'static str]);

/// The units of all releases, each with the name first by which it is written from 1.4 on.
const UNITS: &[Unit] = &[
    (7 * DAY, &["w", "week", "weeks"]),
    (DAY, &["d", "day", "days"]),
    (HOUR, &["h", "hour", "hours", "hr", "hrs"]),
    (MINUTE, &["m", "minute", "minutes", "min", "mins"]),
    (NANOS_PER_SEC, &["s", "second", "seconds", "sec", "secs"]),
    (1_000_000, &["ms", "millisecond", "milliseconds", "msec", "msecs", "milli", "millis"]),
    (1_000, &["µs", "us", "microsecond", "microseconds", "usec", "usecs", "micro", "micros"]),
    (1, &["ns", "nanosecond", "nanoseconds", "nsec", "nsecs", "nano", "nanos"]),
];

/// The units whose length depends on the calendar: only up to 1.3.
const CALENDAR: &[Unit] = &[(YEAR, &["y", "year", "years"]), (MONTH, &["M", "month", "months"])];

/// The units of ISO 8601 before and behind the `T`.
const ISO_DATE: &[Unit] = &[(7 * DAY, &["W"]), (DAY, &["D"])];
const ISO_TIME: &[Unit] = &[(HOUR, &["H"]), (MINUTE, &["M"]), (NANOS_PER_SEC, &["S"])];

/// Whether a release writes `1day` and knows nothing of ISO 8601.
fn is_old(cx: Context) -> bool {
    const { gates::gate("schema.writes_1day") }.is_open(cx.release)
}

impl DurationText {
    /// Reads the text as a release does. None if it has no such duration.
    pub fn parse(text: &str, cx: Context) -> Option<Self> {
        let nanos = match text.strip_prefix(['P', 'p']) {
            Some(iso) if !is_old(cx) => iso_nanos(iso)?,
            _ => friendly_nanos(text, is_old(cx))?,
        };
        let secs = u64::try_from(nanos / NANOS_PER_SEC).ok()?;
        Some(Self(Duration::new(secs, (nanos % NANOS_PER_SEC) as u32)))
    }

    /// Its text, as a release writes it.
    pub fn spelled(self, cx: Context) -> String {
        let mut rest = self.0.as_nanos();
        let mut parts = Vec::new();
        let calendar = if is_old(cx) { CALENDAR } else { &[] };
        // Weeks are read and never written.
        for (len, names) in calendar.iter().chain(UNITS.iter().skip(1)) {
            let count = rest / len;
            rest %= len;
            if count > 0 {
                parts.push(format!("{count}{}", written_name(*len, names, count, cx)));
            }
        }
        if parts.is_empty() { "0s".to_owned() } else { parts.join(" ") }
    }
}

/// The name by which a unit is written.
fn written_name(len: u128, names: &[&'static str], count: u128, cx: Context) -> &'static str {
    let index = match (is_old(cx), len >= DAY) {
        (true, true) => 1 + usize::from(count > 1),
        (true, false) => usize::from(len == 1_000),
        (false, _) => 0,
    };
    names.get(index).copied().unwrap_or_default()
}

/// Numbers with units, longest unit first and none twice; commas and blanks between them do not
/// matter.
fn friendly_nanos(text: &str, has_calendar: bool) -> Option<u128> {
    let calendar = if has_calendar { CALENDAR } else { &[] };
    let find = |name: &str| {
        let mut units = calendar.iter().chain(UNITS);
        units.find(|(_, names)| names.contains(&name)).map(|(len, _)| *len)
    };
    summed(text.trim(), find)
}

/// What stands behind the `P`.
fn iso_nanos(text: &str) -> Option<u128> {
    let text = text.to_ascii_uppercase();
    let (date, time) = match text.split_once('T') {
        Some((_, "")) => return None,
        Some((date, time)) => (date, time),
        None => (text.as_str(), ""),
    };
    let part = |text, units: &[Unit]| match text {
        "" => Some(0),
        text => summed(text, |name| {
            units.iter().find(|(_, names)| names.contains(&name)).map(|(len, _)| *len)
        }),
    };
    if text.is_empty() {
        return None;
    }
    part(date, ISO_DATE)?.checked_add(part(time, ISO_TIME)?)
}

/// The sum of numbers with units. None where there is none, or where a unit is longer than the one
/// before it.
fn summed(mut text: &str, unit_len: impl Fn(&str) -> Option<u128>) -> Option<u128> {
    let (mut sum, mut before) = (None::<u128>, u128::MAX);
    while !text.is_empty() {
        let (number, rest) = split_where(text, |symbol| !symbol.is_ascii_digit() && symbol != '.');
        let (unit, rest) = split_where(rest.trim_start(), |symbol| !symbol.is_alphabetic());
        let len = unit_len(unit).filter(|len| *len < before)?;
        sum = Some(sum.unwrap_or(0).checked_add(scaled(number, len)?)?);
        before = len;
        text = rest.trim_start_matches([',', ' ', '\t', '\n']);
    }
    sum
}

/// The text before and from the first symbol of a kind.
fn split_where(text: &str, is_end: impl Fn(char) -> bool) -> (&str, &str) {
    text.split_at_checked(text.find(is_end).unwrap_or(text.len())).unwrap_or((text, ""))
}

/// So many units in nanoseconds; parts of a unit in digits behind a point, down to nanoseconds.
fn scaled(number: &str, len: u128) -> Option<u128> {
    let (whole, parts) = number.split_once('.').unwrap_or((number, "0"));
    let whole = u128::from(whole.parse::<u64>().ok()?).checked_mul(len)?;
    let digits = u32::try_from(parts.len()).ok().filter(|digits| *digits <= 9)?;
    let parts = u128::from(parts.parse::<u64>().ok()?).checked_mul(len)?;
    whole.checked_add(parts / 10u128.pow(digits))
}

impl Tree for DurationText {
    const SHAPE: Shape = Shape::Text("a duration");

    fn write<S: Sink>(&self, sink: &mut S, cx: Context) {
        sink.text(&self.spelled(cx));
    }

    fn read<'a, N: Node<'a>>(node: N, cx: Context) -> Result<Self, Fault> {
        let text = node.text()?;
        Self::parse(text, cx).ok_or_else(|| {
            let (expected, found) = ("a duration, such as 1h", FaultKind::excerpt(text));
            node.fault(FaultKind::Malformed { expected, found })
        })
    }

    fn fit(&mut self, _: Context) -> Result<(), Unfit> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messages::tests::context;

    fn respelled(text: &str, release: &str) -> Option<String> {
        let cx = context(release);
        DurationText::parse(text, cx).map(|duration| duration.spelled(cx))
    }

    #[test]
    fn spellings_are_read_and_rewritten() {
        for (text, old, new) in [
            ("1day", Some("1day"), "1d"),
            ("1d", Some("1day"), "1d"),
            ("2days", Some("2days"), "2d"),
            ("PT1H", None, "1h"),
            ("P1DT1.5S", None, "1d 1s 500ms"),
            ("90m", Some("1h 30m"), "1h 30m"),
            ("1h 30 minutes", Some("1h 30m"), "1h 30m"),
            ("500ms", Some("500ms"), "500ms"),
            ("7us", Some("7us"), "7µs"),
            ("0s", Some("0s"), "0s"),
            ("2w", Some("14days"), "14d"),
        ] {
            assert_eq!(respelled(text, "1.3").as_deref(), old, "{text}");
            assert_eq!(respelled(text, "1.4").as_deref(), Some(new), "{text}");
        }
        assert_eq!(respelled("400days", "1.2").as_deref(), Some("1year 1month 4days 7h 26m 24s"));
    }

    #[test]
    fn what_is_no_duration_is_refused() {
        for text in ["", " ", "5", "h", "-1h", "1x", "P", "PT", "P1H", "1m 1h", "1h 1h", "1.s"] {
            assert_eq!(respelled(text, "1.7"), None, "{text}");
        }
        assert_eq!(
            respelled("18446744073709551615s", "1.7").map(|text| text.len() > 1),
            Some(true)
        );
        assert_eq!(respelled("18446744073709551616s", "1.7"), None);
        assert_eq!(respelled("18446744073709551615d", "1.7"), None);
    }
}
