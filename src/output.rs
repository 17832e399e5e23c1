//! Where the result goes, and whether in colour.

use std::env;
use std::fs::{self, File};
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::Path;

use crate::args::{self, Color};
use crate::exit::Error;
use crate::private_file;

/// The result: standard output or a file.
pub(crate) struct Output {
    name: String,
    terminal: bool,
    writer: BufWriter<Box<dyn Write>>,
}

impl Output {
    /// Opens the file, or takes standard output, and decides on colours for the whole program. `inputs` are files that
    /// must not be written over.
    pub(crate) fn open<P: AsRef<Path>>(
        options: &args::Output,
        inputs: &[P],
    ) -> Result<Self, Error> {
        Self::create(options, |path| {
            let name = path.display().to_string();
            if inputs.iter().any(|input| same_file(input.as_ref(), path)) {
                return Err(Error::Usage(format!(
                    "{name}: the result would overwrite an input; give another name to -o"
                )));
            }
            File::create(path).map_err(|source| Error::write(&name, source))
        })
    }

    /// As [`Self::open`], for a result that nobody else shall read: a new file of the owner alone, or one that is there
    /// already if `force`.
    pub(crate) fn open_private(options: &args::Output, force: bool) -> Result<Self, Error> {
        Self::create(options, |path| private_file::create(path, force))
    }

    fn create(
        options: &args::Output,
        file: impl FnOnce(&Path) -> Result<File, Error>,
    ) -> Result<Self, Error> {
        let terminal = options.file.is_none() && io::stdout().is_terminal();
        colored::control::set_override(color_wanted(options.color, terminal, |name| {
            env::var_os(name).map(|value| value.to_string_lossy().into_owned())
        }));
        let (name, sink): (_, Box<dyn Write>) = match &options.file {
            None => ("standard output".to_owned(), Box::new(io::stdout().lock())),
            Some(path) => (path.display().to_string(), Box::new(file(path)?)),
        };
        Ok(Self {
            name,
            terminal,
            writer: BufWriter::new(sink),
        })
    }

    /// As it is called in messages.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Whether somebody reads along.
    pub(crate) fn is_terminal(&self) -> bool {
        self.terminal
    }
}

impl Write for Output {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        self.writer.write(octets)
    }

    fn write_all(&mut self, octets: &[u8]) -> io::Result<()> {
        self.writer.write_all(octets)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}

/// The option goes before NO_COLOR (non-empty, <https://no-color.org>), CLICOLOR_FORCE, TERM=dumb and the terminal.
fn color_wanted(option: Color, terminal: bool, variable: impl Fn(&str) -> Option<String>) -> bool {
    let is_set = |name| variable(name).is_some_and(|value| !value.is_empty());
    match option {
        Color::Always => true,
        Color::Never => false,
        Color::Auto if is_set("NO_COLOR") => false,
        Color::Auto if is_set("CLICOLOR_FORCE") => {
            variable("CLICOLOR_FORCE").as_deref() != Some("0")
                || terminal && variable("TERM").as_deref() != Some("dumb")
        }
        Color::Auto if variable("TERM").as_deref() == Some("dumb") => false,
        Color::Auto => terminal,
    }
}

fn same_file(one: &Path, other: &Path) -> bool {
    match (fs::canonicalize(one), fs::canonicalize(other)) {
        (Ok(one), Ok(other)) => one == other && one.is_file(),
        _ => false,
    }
}

/// Columns of the terminal; where there is none, those that COLUMNS gives.
pub(crate) fn width() -> usize {
    let told = || {
        env::var("COLUMNS")
            .ok()?
            .parse()
            .ok()
            .filter(|width| *width > 0)
    };
    match terminal_size::terminal_size() {
        Some((width, _)) => width.0.into(),
        None => told().unwrap_or(PIPE_WIDTH),
    }
}

/// Columns where there is no terminal to ask.
const PIPE_WIDTH: usize = 100;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_that_says_something_about_colour_decides() {
        let decide = |option, terminal, variables: &[(&str, &str)]| {
            color_wanted(option, terminal, |name| {
                let found = variables.iter().find(|(variable, _)| *variable == name);
                found.map(|(_, value)| (*value).to_owned())
            })
        };
        let all = [("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1"), ("TERM", "dumb")];
        assert!(decide(Color::Always, false, &all));
        assert!(!decide(Color::Never, true, &all[1..2]));
        assert!(!decide(Color::Auto, true, &all));
        assert!(decide(Color::Auto, false, &all[1..]));
        assert!(decide(
            Color::Auto,
            false,
            &[("NO_COLOR", ""), ("CLICOLOR_FORCE", "1")]
        ));
        assert!(!decide(Color::Auto, true, &all[2..]));
        assert!(!decide(Color::Auto, false, &[("CLICOLOR_FORCE", "0")]));
        assert!(decide(
            Color::Auto,
            true,
            &[("CLICOLOR_FORCE", "0"), ("TERM", "xterm")]
        ));
        assert!(decide(Color::Auto, true, &[]));
        assert!(!decide(Color::Auto, false, &[]));
    }
}
