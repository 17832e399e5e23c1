//! Times as text: RFC 3339 in UTC, and the parts of a time of day.

use ikescope_capture::Timestamp;
use serde::{Serialize, Serializer};

use crate::digits::{six_digits, two_digits};

const DAY: i64 = 86_400;

/// Date and time of day of the proleptic Gregorian calendar, UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Civil {
    year: u32,
    month: u32,
    day: u32,
    second: u32,
}

impl Civil {
    /// `None` outside the years 0 to 9999, which RFC 3339 cannot write.
    pub(crate) fn new(seconds: i64) -> Option<Self> {
        // Days are counted in eras of 400 years from 1 March of the year 0, so that the leap day is the last of a year.
        let days = seconds.div_euclid(DAY) + 719_468;
        let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
        let year_of_era =
            (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * month + 2) / 5 + 1;
        let month = if month < 10 { month + 3 } else { month - 9 };
        let year = year_of_era + era * 400 + i64::from(month <= 2);
        Some(Self {
            year: u32::try_from(year).ok().filter(|year| *year <= 9_999)?,
            month: u32::try_from(month).ok()?,
            day: u32::try_from(day).ok()?,
            second: u32::try_from(seconds.rem_euclid(DAY)).ok()?,
        })
    }

    /// `2026-11-21`
    pub(crate) fn date(self) -> [u8; 10] {
        let [[a, b], [c, d]] = [two_digits(self.year / 100), two_digits(self.year % 100)];
        let [[e, f], [g, h]] = [two_digits(self.month), two_digits(self.day)];
        [a, b, c, d, b'-', e, f, b'-', g, h]
    }

    /// `10:15:02`
    pub(crate) fn time_of_day(self) -> [u8; 8] {
        let [a, b] = two_digits(self.second / 3_600);
        let [c, d] = two_digits(self.second / 60 % 60);
        let [e, f] = two_digits(self.second % 60);
        [a, b, b':', c, d, b':', e, f]
    }
}

/// A time as JSON has it: RFC 3339 in UTC with nanoseconds; `null` outside the years 0 to 9999.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rfc3339(pub(crate) Timestamp);

impl Rfc3339 {
    /// `2026-11-21T10:15:02.123456789Z`
    pub(crate) fn text(self) -> Option<String> {
        self.octets()
            .and_then(|octets| String::from_utf8(octets.to_vec()).ok())
    }

    fn octets(self) -> Option<[u8; 30]> {
        let civil = Civil::new(self.0.seconds)?;
        let micros = six_digits(self.0.nanos / 1_000);
        let [_, _, _, nanos @ ..] = six_digits(self.0.nanos % 1_000);
        let mut out = *b"0000-00-00T00:00:00.000000000Z";
        out[..10].copy_from_slice(&civil.date());
        out[11..19].copy_from_slice(&civil.time_of_day());
        out[20..26].copy_from_slice(&micros);
        out[26..29].copy_from_slice(&nanos);
        Some(out)
    }
}

impl Serialize for Rfc3339 {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.octets().as_ref().map(|octets| str::from_utf8(octets)) {
            Some(Ok(text)) => serializer.serialize_str(text),
            _ => serializer.serialize_none(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(seconds: i64, nanos: u32) -> Option<String> {
        Rfc3339(Timestamp { seconds, nanos }).text()
    }

    /// Computed with GNU date: `date -u -d @N`.
    #[test]
    fn dates_are_those_of_gnu_date() {
        for (seconds, expected) in [
            (0, "1970-01-01T00:00:00.000000007Z"),
            (-1, "1969-12-31T23:59:59.000000007Z"),
            (951_782_399, "2000-02-28T23:59:59.000000007Z"),
            (951_782_400, "2000-02-29T00:00:00.000000007Z"),
            (4_107_542_400, "2100-03-01T00:00:00.000000007Z"),
            (1_795_256_102, "2026-11-21T10:15:02.000000007Z"),
            (253_402_300_799, "9999-12-31T23:59:59.000000007Z"),
        ] {
            assert_eq!(text(seconds, 7).as_deref(), Some(expected));
        }
    }

    #[test]
    fn what_rfc_3339_cannot_write_is_null() {
        for seconds in [253_402_300_800, i64::MAX, i64::MIN] {
            assert_eq!(text(seconds, 0), None);
        }
    }
}
