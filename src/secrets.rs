//! Key material from the files and variables that the user named.

use std::env;
use std::fs::{self, File};
use std::io::{self, Cursor, ErrorKind, Read};
use std::path::Path;
use std::thread;

use ikescope_analysis::opening::KeyRing;
use ikescope_crypto::key_material::{Key, KeyFile, ReadKeys, Unread, read_psks, sift};
use zeroize::Zeroizing;

use crate::args::Keys;
use crate::exit::{Error, complain};

/// All keys, in the order in which they were named. What cannot be used is told, with its place. Of large files only what a
/// capture asks for is read.
pub(crate) fn load(keys: &Keys) -> Result<KeyRing, Error> {
    let mut all = Vec::new();
    let mut unread: Vec<Unread> = Vec::new();
    for path in &keys.secrets {
        let name = path.display().to_string();
        let found = key_file(path).and_then(|(file, more)| sift(&name, file, more));
        let (file, rest) = found.map_err(|error| unreadable(&name, &error))?;
        take(&name, file, &mut all);
        unread.extend(rest);
    }
    for path in &keys.psk_file {
        let name = path.display().to_string();
        let octets = Zeroizing::new(fs::read(path).map_err(|error| unreadable(&name, &error))?);
        take(&name, read_psks(&name, &octets), &mut all);
    }
    for variable in &keys.psk_env {
        let value = self::variable(variable)?;
        let name = format!("${variable}");
        take(&name, read_psks(&name, value.as_bytes()), &mut all);
    }
    Ok(KeyRing::new(all).with_unread(unread))
}

/// A file, and the same opened again.
type Handles = (Box<dyn KeyFile>, Vec<Box<dyn KeyFile>>);

/// A file that can be read again, opened for as many more threads as it is worth; or what came through a pipe.
fn key_file(path: &Path) -> io::Result<Handles> {
    let mut file = File::open(path)?;
    let facts = file.metadata()?;
    if !facts.is_file() {
        let mut octets = Zeroizing::new(Vec::new());
        file.read_to_end(&mut octets)?;
        return Ok((Box::new(Cursor::new(octets)), Vec::new()));
    }
    let threads = match usize::try_from(facts.len()).unwrap_or(usize::MAX) / OCTETS_OF_THREAD {
        few @ 0..=1 => few,
        worth => worth.min(thread::available_parallelism().map_or(1, usize::from)),
    };
    let open = |_| Ok(Box::new(File::open(path)?) as Box<dyn KeyFile>);
    let more = (1..threads.min(MAX_THREADS)).map(open);
    Ok((Box::new(file), more.collect::<io::Result<_>>()?))
}

/// What an environment variable holds.
pub(crate) fn variable(name: &str) -> Result<Zeroizing<String>, Error> {
    let value = env::var(name).map_err(|_| {
        Error::Usage(format!(
            "--psk-env {name}: there is no such environment variable, or it is no text"
        ))
    })?;
    Ok(Zeroizing::new(value))
}

/// A file of keys that cannot be read.
pub(crate) fn unreadable(name: &str, error: &std::io::Error) -> Error {
    let what = match error.kind() {
        ErrorKind::NotFound => "no such file".to_owned(),
        ErrorKind::PermissionDenied => "no permission to read it".to_owned(),
        ErrorKind::IsADirectory => format!("it is a directory; name its files, as in {name}/*"),
        _ => error.to_string(),
    };
    Error::Unable(format!("{name}: {what}"))
}

fn take(name: &str, mut file: ReadKeys, all: &mut Vec<Key>) {
    tell(name, &file);
    // Ten thousand keys are megabytes: the fewer ones move.
    if all.len() < file.keys.len() {
        std::mem::swap(all, &mut file.keys);
        all.splice(..0, file.keys);
    } else {
        all.extend(file.keys);
    }
}

/// Tells what could not be used of a file, and what it is if there is no key in it.
pub(crate) fn tell(name: &str, file: &ReadKeys) {
    for problem in file.problems.iter().take(MAX_TOLD) {
        complain(&format_args!("{name}:{problem}"));
    }
    if let Some(more @ 1..) = file.problems.len().checked_sub(MAX_TOLD) {
        complain(&format_args!("{name}: {more} more lines could not be used"));
    }
    if file.keys.is_empty() {
        match &file.looks_like {
            Some(what) => complain(&format_args!("{name}: no key in it: it looks like {what}")),
            None => complain(&format_args!(
                "{name}: no key in it that is recognised; `ikescope secrets --help` lists the formats"
            )),
        }
    }
}

/// Lines that are told each before only their number is.
const MAX_TOLD: usize = 10;
/// Octets of a file of keys for which a thread is worth its start.
const OCTETS_OF_THREAD: usize = 1 << 20;
/// Threads that look at a file of keys.
const MAX_THREADS: usize = 4;
