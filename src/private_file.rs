//! Files that nobody else shall read.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind};
use std::path::Path;

use crate::exit::Error;

/// Creates a file that only its owner can read and write. One that is there already is refused unless `force`, and then
/// loses the permissions that it had.
pub(crate) fn create(path: &Path, force: bool) -> Result<File, Error> {
    let name = path.display().to_string();
    let mut options = OpenOptions::new();
    options.write(true);
    match force {
        true => options.create(true).truncate(true),
        false => options.create_new(true),
    };
    owner_only(&mut options);
    let file = options.open(path).map_err(|source| match source.kind() {
        ErrorKind::AlreadyExists => {
            Error::Usage(format!("{name} is there already; --force writes over it"))
        }
        _ => Error::write(&name, source),
    })?;
    restrict(&file).map_err(|source| Error::write(&name, source))?;
    Ok(file)
}

#[cfg(unix)]
fn owner_only(options: &mut OpenOptions) {
    use std::os::unix::fs::OpenOptionsExt as _;
    options.mode(OWNER_ONLY);
}

#[cfg(not(unix))]
fn owner_only(_: &mut OpenOptions) {}

/// The mode above holds for new files only.
#[cfg(unix)]
fn restrict(file: &File) -> io::Result<()> {
    use std::fs::Permissions;
    use std::os::unix::fs::PermissionsExt as _;
    // A device or a pipe keeps what it has.
    if !file.metadata()?.is_file() {
        return Ok(());
    }
    file.set_permissions(Permissions::from_mode(OWNER_ONLY))
}

#[cfg(not(unix))]
fn restrict(_: &File) -> io::Result<()> {
    Ok(())
}

#[cfg(unix)]
const OWNER_ONLY: u32 = 0o600;
