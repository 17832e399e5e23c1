//! The day, for policies that end on one.

use std::time::{SystemTime, UNIX_EPOCH};

use ikescope_analysis::audit::Date;

/// Today, in UTC.
pub(crate) fn today() -> Date {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let seconds = since.map_or(0, |since| since.as_secs());
    Date::of_epoch(i64::try_from(seconds).unwrap_or(0))
}
