//! The clock: the day for policies that end on one, and the time as captures have it.

use std::time::{SystemTime, UNIX_EPOCH};

use ikescope_analysis::audit::Date;
use ikescope_capture::Timestamp;

/// Today, in UTC.
pub(crate) fn today() -> Date {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let seconds = since.map_or(0, |since| since.as_secs());
    Date::of_epoch(i64::try_from(seconds).unwrap_or(0))
}

/// The time by which the kernel stamps packets too. A clock before 1970 is told as 1970.
pub(crate) fn now() -> Timestamp {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    let seconds = i64::try_from(since.as_secs()).unwrap_or(i64::MAX);
    Timestamp::new(seconds, since.subsec_nanos().into())
}
