//! The time column.

use ikescope_capture::Timestamp;

use super::options::TimeColumn;
use crate::digits;
use crate::time::Civil;

/// Octets of the column: `10:15:02.123456`.
const WIDTH: usize = 15;

/// Zones change their offset at full quarters of an hour.
const QUARTER: i64 = 900;

/// Writes times and remembers what the next one needs.
#[derive(Debug)]
pub(crate) struct Clock {
    column: TimeColumn,
    /// The second that was written last and its text: most packets share it with the one before.
    second: Option<(i64, [u8; 8])>,
    /// The quarter of an hour whose offset from UTC is known, and that offset in seconds.
    offset: Option<(i64, i64)>,
    /// The first packet, or the one before.
    reference: Option<Timestamp>,
}

impl Clock {
    pub(crate) const fn new(column: TimeColumn) -> Self {
        Self {
            column,
            second: None,
            offset: None,
            reference: None,
        }
    }

    /// What `delta` and `relative` count from, to go back to when a line is taken back.
    pub(super) const fn reference(&self) -> Option<Timestamp> {
        self.reference
    }

    pub(super) const fn set_reference(&mut self, reference: Option<Timestamp>) {
        self.reference = reference;
    }

    /// Writes the column. A packet without a time has a dash.
    pub(crate) fn write(&mut self, out: &mut Vec<u8>, time: Option<Timestamp>) {
        let Some(time) = time else {
            out.extend_from_slice(b"              -");
            return;
        };
        match self.column {
            TimeColumn::Utc => self.time_of_day(out, time.seconds, time.nanos),
            TimeColumn::Local(_) => {
                let seconds = self.seconds(time);
                self.time_of_day(out, seconds, time.nanos);
            }
            TimeColumn::Relative => {
                let first = *self.reference.get_or_insert(time);
                difference(out, time.nanos_since(first));
            }
            TimeColumn::Delta => {
                let before = self.reference.replace(time).unwrap_or(time);
                difference(out, time.nanos_since(before));
            }
        }
    }

    fn time_of_day(&mut self, out: &mut Vec<u8>, seconds: i64, nanos: u32) {
        let text = match self.second {
            Some((known, text)) if known == seconds => text,
            _ => {
                let text = Civil::new(seconds).map_or(*b"--:--:--", Civil::time_of_day);
                self.second = Some((seconds, text));
                text
            }
        };
        out.extend_from_slice(&text);
        out.push(b'.');
        out.extend_from_slice(&digits::six_digits(nanos / 1_000));
    }

    /// Seconds east of UTC at this time.
    /// Seconds since 1970 in the zone of the column.
    pub(crate) fn seconds(&mut self, time: Timestamp) -> i64 {
        time.seconds.saturating_add(self.offset(time.seconds))
    }

    fn offset(&mut self, seconds: i64) -> i64 {
        let quarter = seconds.div_euclid(QUARTER);
        match (self.offset, &self.column) {
            (Some((known, offset)), _) if known == quarter => offset,
            (_, TimeColumn::Local(zone)) => {
                let time = jiff::Timestamp::from_second(seconds);
                let offset = time.map_or(0, |time| i64::from(zone.to_offset(time).seconds()));
                self.offset = Some((quarter, offset));
                offset
            }
            _ => 0,
        }
    }
}

/// Seconds with six decimals at the right end of the column.
fn difference(out: &mut Vec<u8>, nanos: i64) {
    const SECOND: u64 = 1_000_000_000;
    let (start, size) = (out.len(), nanos.unsigned_abs());
    let sign: &[u8] = if nanos < 0 { b"-" } else { b"" };
    out.resize(
        start + WIDTH.saturating_sub(7 + sign.len() + decimal_width(size / SECOND)),
        b' ',
    );
    out.extend_from_slice(sign);
    digits::decimal(out, size / SECOND);
    out.push(b'.');
    out.extend_from_slice(&digits::six_digits((size % SECOND / 1_000) as u32));
}

fn decimal_width(number: u64) -> usize {
    number.checked_ilog10().map_or(1, |log| log as usize + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(clock: &mut Clock, seconds: i64, nanos: u32) -> String {
        let mut out = Vec::new();
        clock.write(&mut out, Some(Timestamp { seconds, nanos }));
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn all_columns_are_equally_wide() {
        for kind in [TimeColumn::Utc, TimeColumn::Relative, TimeColumn::Delta] {
            let mut clock = Clock::new(kind);
            for time in [100, 100, 99, 90_000] {
                assert_eq!(column(&mut clock, time, 5_000).len(), WIDTH);
            }
        }
    }

    #[test]
    fn differences_count_from_the_first_or_from_the_one_before() {
        let mut relative = Clock::new(TimeColumn::Relative);
        let mut delta = Clock::new(TimeColumn::Delta);
        let times = [(10, 500_000_000), (12, 0), (11, 999_999_000)];
        let texts = |clock: &mut Clock| times.map(|(s, n)| column(clock, s, n).trim().to_owned());
        assert_eq!(texts(&mut relative), ["0.000000", "1.500000", "1.499999"]);
        assert_eq!(texts(&mut delta), ["0.000000", "1.500000", "-0.000001"]);
    }

    #[test]
    fn local_time_follows_summer_time() {
        // Europe/Zurich in the notation of POSIX; the change of 2026-03-29 is at 01:00 UTC, which is 1774746000.
        let zone = jiff::tz::TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap();
        let mut clock = Clock::new(TimeColumn::Local(zone));
        assert_eq!(column(&mut clock, 1_774_745_999, 0), "01:59:59.000000");
        assert_eq!(column(&mut clock, 1_774_746_000, 0), "03:00:00.000000");
    }
}
