//! Which targets were asked, so that a list can be gone on with after an interruption.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::exit::Error;

/// The state of a list. All targets before a place are done, and some behind it; the order of the list follows from a
/// number, so that this is enough for lists of any length.
pub(crate) struct Resume {
    path: PathBuf,
    list: u64,
    /// Makes the order.
    seed: u64,
    first: u64,
    beyond: BTreeSet<u64>,
    saved: Instant,
}

impl Resume {
    /// Reads the state if the file is there; `seed` counts if it is not.
    pub(crate) fn open(path: &Path, seed: u64) -> Result<Self, Error> {
        let fresh = Self {
            path: path.to_owned(),
            list: 0,
            seed,
            first: 0,
            beyond: BTreeSet::new(),
            saved: Instant::now(),
        };
        let name = path.display();
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(fresh),
            Err(error) => return Err(Error::Unable(format!("{name}: cannot be read: {error}"))),
        };
        let state: Option<Value> = serde_json::from_str(&text).ok();
        let state = state.filter(|state| state["schema"] == SCHEMA);
        let read = state.as_ref().and_then(|state| {
            let beyond = state["beyond"].as_array()?.iter();
            Some(Self {
                list: state["list"].as_u64()?,
                seed: state["seed"].as_u64()?,
                first: state["first"].as_u64()?,
                beyond: beyond.map(Value::as_u64).collect::<Option<_>>()?,
                ..fresh
            })
        });
        read.ok_or_else(|| {
            Error::Usage(format!(
                "{name}: not written by --resume; name another file"
            ))
        })
    }

    /// Makes the order of the list.
    pub(crate) fn seed(&self) -> u64 {
        self.seed
    }

    /// Where to go on.
    pub(crate) fn first(&self) -> u64 {
        self.first
    }

    /// Those behind [`Self::first`] that were asked too, ascending.
    pub(crate) fn beyond(&self) -> Vec<u64> {
        self.beyond.iter().copied().collect()
    }

    /// Ties the state to a list by its fingerprint.
    pub(crate) fn of_list(&mut self, fingerprint: u64) -> Result<(), Error> {
        if self.list != 0 && self.list != fingerprint {
            let name = self.path.display();
            return Err(Error::Usage(format!(
                "{name}: belongs to another list of targets, another --shard or another --port"
            )));
        }
        self.list = fingerprint;
        Ok(())
    }

    /// Notes that one was asked, and saves now and then.
    pub(crate) fn finished(&mut self, position: u64) -> Result<(), Error> {
        self.beyond.insert(position);
        while self.beyond.remove(&self.first) {
            self.first += 1;
        }
        if self.saved.elapsed() < SAVED_EVERY {
            return Ok(());
        }
        self.save()
    }

    /// Writes the state; a file that is cut short by a power failure never takes the place of a whole one.
    pub(crate) fn save(&mut self) -> Result<(), Error> {
        self.saved = Instant::now();
        let state = json!({
            "schema": SCHEMA,
            "list": self.list,
            "seed": self.seed,
            "first": self.first,
            "beyond": self.beyond,
        });
        let mut beside = self.path.clone().into_os_string();
        beside.push(".new");
        let written = fs::write(&beside, format!("{state}\n"));
        let written = written.and_then(|()| fs::rename(&beside, &self.path));
        written.map_err(|error| Error::write(&self.path.display().to_string(), error))
    }
}

const SCHEMA: &str = "ikescope.resume/1";
/// What is asked again after a power failure: a second's targets.
const SAVED_EVERY: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use super::*;

    fn path(name: &str) -> PathBuf {
        let path = std::env::temp_dir().join(format!("ikescope-{}-{name}", std::process::id()));
        let _ = fs::remove_file(&path);
        path
    }

    #[test]
    fn what_was_asked_is_known_again() {
        let path = path("resume");
        let mut resume = Resume::open(&path, 7).unwrap();
        resume.of_list(99).unwrap();
        for position in [0, 1, 5, 3, 2] {
            resume.finished(position).unwrap();
        }
        resume.save().unwrap();
        let again = Resume::open(&path, 8).unwrap();
        assert_eq!((again.seed(), again.first()), (7, 4));
        assert_eq!(again.beyond(), [5]);
        fs::remove_file(path).unwrap();
    }

    #[test]
    fn another_list_and_another_file_are_refused() {
        let path = path("other");
        let mut resume = Resume::open(&path, 7).unwrap();
        resume.of_list(99).unwrap();
        resume.save().unwrap();
        assert!(Resume::open(&path, 7).unwrap().of_list(98).is_err());
        fs::write(&path, "something else").unwrap();
        assert!(matches!(Resume::open(&path, 7), Err(Error::Usage(_))));
        fs::remove_file(path).unwrap();
    }
}
