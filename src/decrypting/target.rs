//! The file of clear text: it appears when there is something in it.

use std::fs::{self, File, OpenOptions};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use ikescope_capture::{LinkType, PcapngWriter};

use crate::exit::Error;

/// A capture that is being written, beside its name until it is done.
pub(crate) struct Target {
    name: String,
    /// Where it is written, and what it is to be called; none for devices and pipes.
    rename: Option<(PathBuf, PathBuf)>,
    writer: PcapngWriter<BufWriter<File>>,
}

impl Target {
    /// Opens OUT. An existing file needs `force`; one of the inputs it must not be.
    pub(crate) fn open(out: &Path, force: bool, inputs: &[PathBuf]) -> Result<Self, Error> {
        let name = out.display().to_string();
        if name == "-" {
            return Err(Error::Usage(
                "-w -: standard output holds the summary; name a file for the packets".to_owned(),
            ));
        }
        let special = out.exists() && !out.is_file();
        if out.is_dir() {
            return Err(Error::Usage(format!("{name} is a folder: -w takes a file")));
        }
        let same = |input: &PathBuf| match (fs::canonicalize(input), fs::canonicalize(out)) {
            (Ok(one), Ok(other)) => one == other,
            _ => false,
        };
        if !special && inputs.iter().any(same) {
            return Err(Error::Usage(format!(
                "{name}: the clear text would overwrite an input; give another name to -w"
            )));
        }
        if out.is_file() && !force {
            return Err(Error::Usage(format!(
                "{name} exists already: --force replaces it"
            )));
        }
        let rename = (!special).then(|| (beside(out), out.to_owned()));
        let path = rename.as_ref().map_or(out, |(path, _)| path.as_path());
        let file = create(path).map_err(|source| Error::write(&name, source))?;
        let writer = PcapngWriter::new(BufWriter::new(file))
            .map_err(|source| Error::write(&name, source))?;
        Ok(Self {
            name,
            rename,
            writer,
        })
    }

    /// The number of the interface with this link type.
    pub(crate) fn interface(&mut self, link: LinkType) -> Result<u32, Error> {
        let number = self.writer.interface_of(link);
        number.map_err(|source| Error::write(&self.name, source))
    }

    /// Writes blocks.
    pub(crate) fn write(&mut self, blocks: &[u8]) -> Result<(), Error> {
        let written = self.writer.write_blocks(blocks);
        written.map_err(|source| Error::write(&self.name, source))
    }

    /// Gives it its name.
    pub(crate) fn keep(self) -> Result<(), Error> {
        let Self {
            name,
            rename,
            writer,
        } = self;
        let mut file = writer
            .finish()
            .map_err(|source| Error::write(&name, source))?;
        file.flush().map_err(|source| Error::write(&name, source))?;
        match rename {
            Some((from, to)) => fs::rename(from, to).map_err(|source| Error::write(&name, source)),
            None => Ok(()),
        }
    }

    /// Removes it.
    pub(crate) fn discard(self) {
        if let Some((path, _)) = self.rename {
            // It is empty or nobody's: what cannot be removed harms nobody.
            drop(fs::remove_file(path));
        }
    }
}

/// A name in the same folder, so that renaming is one step.
fn beside(out: &Path) -> PathBuf {
    let name = out.file_name().unwrap_or_default().to_string_lossy();
    out.with_file_name(format!(".{name}.{}.part", std::process::id()))
}

/// Clear text is for its owner.
fn create(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options.open(path)
}
