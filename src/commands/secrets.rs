//! `ikescope secrets`: which keys are in these files, and for other programs.

use std::io::{self, IsTerminal, Read, Write};
use std::path::{Path, PathBuf};

use ikescope_analysis::opening::{KeyRing, Opener, OpenerOptions};
use ikescope_analysis::{Inspector, InspectorOptions};
use ikescope_capture::{Inputs, Options, Stack};
use ikescope_crypto::key_material::{Key, Material, ReadKeys, Target, read, read_psks, write};
use ikescope_report::{
    KeyFile, Reveal, counted, write_secrets_json, write_secrets_ndjson, write_secrets_text,
};
use zeroize::Zeroizing;

use crate::args::{Secrets, SecretsFormat, SecretsTarget};
use crate::exit::{Error, Exit, complain};
use crate::output::Output;
use crate::{input, secrets};

pub(crate) fn run(options: &Secrets) -> Result<Exit, Error> {
    let mut gathered = Gathered::default();
    gathered.files(options);
    gathered.pre_shared(options)?;
    if gathered.files.is_empty() {
        // Nothing could be read, and that was told.
        return Ok(Exit::Failed);
    }
    if !options.capture.is_empty() {
        gathered.derive(&options.capture)?;
    }
    let failed = gathered.failed;
    match options.to {
        Some(target) => convert(options, target, &gathered.keys)?,
        None => list(options, &gathered)?,
    }
    Ok(match failed {
        true => Exit::Failed,
        false => Exit::Done,
    })
}

/// What was read.
#[derive(Default)]
struct Gathered {
    files: Vec<KeyFile>,
    keys: Vec<Key>,
    /// Whether a file gave nothing.
    failed: bool,
}

impl Gathered {
    fn files(&mut self, options: &Secrets) {
        for path in &options.files {
            let name = path.display().to_string();
            match octets(path) {
                Ok(octets) => self.take(name.clone(), read(&name, &octets)),
                Err(error) => {
                    complain(&secrets::unreadable(&name, &error));
                    self.failed = true;
                }
            }
        }
    }

    fn pre_shared(&mut self, options: &Secrets) -> Result<(), Error> {
        for path in &options.psk_file {
            let name = path.display().to_string();
            match octets(path) {
                Ok(octets) => self.take(name.clone(), read_psks(&name, &octets)),
                Err(error) => {
                    complain(&secrets::unreadable(&name, &error));
                    self.failed = true;
                }
            }
        }
        for variable in &options.psk_env {
            let value = secrets::variable(variable)?;
            let name = format!("${variable}");
            self.take(name.clone(), read_psks(&name, value.as_bytes()));
        }
        Ok(())
    }

    /// Adds what follows from the keys and captures. A key that a capture told the SPIs and algorithms of is replaced by
    /// the one that has them.
    fn derive(&mut self, captures: &[PathBuf]) -> Result<(), Error> {
        let ring = KeyRing::new(self.keys.clone());
        let mut opener = Opener::new(ring, OpenerOptions::default());
        let mut inputs = Inputs::open(captures)?;
        let mut stack = Stack::new(Options::default());
        let mut inspector = Inspector::new(InspectorOptions::default());
        loop {
            match inputs.next() {
                Ok(Some(frame)) => stack.decode(&frame, &mut |datagram| {
                    opener.learn(&inspector.observe(&datagram));
                }),
                Ok(None) => break,
                Err(error) => {
                    complain(&error);
                    self.failed |= input::packets_before(&error) == 0;
                }
            }
        }
        for key in opener.derived() {
            self.add(key);
        }
        Ok(())
    }

    fn add(&mut self, derived: Key) {
        let same = self
            .keys
            .iter()
            .position(|key| is_same(&key.material, &derived.material));
        match same.and_then(|index| self.keys.get_mut(index)) {
            Some(known) if knows_less(&known.material) => *known = derived,
            Some(_) => {}
            None => self.keys.push(derived),
        }
    }

    fn take(&mut self, name: String, found: ReadKeys) {
        self.failed |= found.keys.is_empty();
        secrets::tell(&name, &found);
        self.files.push(KeyFile {
            name,
            problems: found.problems,
        });
        self.keys.extend(found.keys);
    }
}

/// Whether two keys have the same octets for the same SA, as far as both say it.
fn is_same(one: &Material, other: &Material) -> bool {
    match (one, other) {
        (Material::EspSa(one), Material::EspSa(other)) => {
            one.encryption_key == other.encryption_key
                && one.integrity_key == other.integrity_key
                && (one.spi == other.spi || one.spi.is_none())
        }
        (Material::AhSa(one), Material::AhSa(other)) => {
            one.integrity_key == other.integrity_key && (one.spi == other.spi || one.spi.is_none())
        }
        (Material::Ikev2Keys(one), Material::Ikev2Keys(other)) => {
            one.sk_ei == other.sk_ei && one.sk_er == other.sk_er && one.sk_d == other.sk_d
        }
        (Material::Ikev1Skeyid(one), Material::Ikev1Skeyid(other)) => {
            one.key == other.key || one.skeyid_d.is_some() && one.skeyid_d == other.skeyid_d
        }
        (Material::Ikev1Key(one), Material::Ikev1Skeyid(other)) => {
            other.skeyid.is_none() && other.key.as_ref() == Some(&one.key)
        }
        _ => false,
    }
}

/// Whether a key lacks what a capture tells.
fn knows_less(material: &Material) -> bool {
    let sa = material.ike_sa();
    match material {
        Material::EspSa(sa) => sa.spi.is_none() || sa.encryption.is_none(),
        Material::AhSa(sa) => sa.spi.is_none() || sa.integrity.is_none(),
        Material::Ikev2Keys(keys) => {
            sa.initiator.is_none() || sa.responder.is_none() || keys.encryption.is_none()
        }
        Material::Ikev1Skeyid(keys) => sa.initiator.is_none() || keys.key.is_none(),
        _ => sa.initiator.is_none(),
    }
}

fn octets(path: &Path) -> io::Result<Zeroizing<Vec<u8>>> {
    let mut octets = Zeroizing::new(Vec::new());
    match path.as_os_str() == "-" {
        true => io::stdin().lock().read_to_end(&mut octets)?,
        false => std::fs::File::open(path)?.read_to_end(&mut octets)?,
    };
    Ok(octets)
}

fn list(options: &Secrets, gathered: &Gathered) -> Result<(), Error> {
    let reveal = match options.reveal {
        true => Reveal::Shown,
        false => Reveal::Hidden,
    };
    let mut output = Output::open_private(&options.output, options.force)?;
    let keys = &gathered.keys;
    let written = match options.format {
        SecretsFormat::Text => write_secrets_text(&mut output, keys, reveal),
        SecretsFormat::Json => write_secrets_json(&mut output, &gathered.files, keys, reveal),
        SecretsFormat::Ndjson => write_secrets_ndjson(&mut output, keys, reveal),
    };
    let flushed = written.and_then(|()| output.flush());
    flushed.map_err(|source| Error::write(output.name(), source))?;
    let number = counted(keys.len() as u64, "key");
    if !options.quiet.quiet && io::stderr().is_terminal() {
        let hidden = match options.reveal || keys.is_empty() {
            true => "",
            false => "; --reveal shows them",
        };
        complain(&format_args!("{number}{hidden}"));
    }
    Ok(())
}

fn convert(options: &Secrets, target: SecretsTarget, keys: &[Key]) -> Result<(), Error> {
    let (target, name) = match target {
        SecretsTarget::WiresharkIkev1 => (Target::WiresharkIkev1, "wireshark-ikev1"),
        SecretsTarget::WiresharkIkev2 => (Target::WiresharkIkev2, "wireshark-ikev2"),
        SecretsTarget::WiresharkEsp => (Target::WiresharkEsp, "wireshark-esp"),
        SecretsTarget::Tcpdump => (Target::Tcpdump, "tcpdump"),
        SecretsTarget::Ikescope => (Target::Ikescope, "ikescope"),
    };
    let written = write(target, keys);
    for left_out in written.left_out.iter().take(MAX_TOLD) {
        let what = match left_out.written {
            true => "written",
            false => "left out",
        };
        complain(&format_args!(
            "{}: {what}: {}",
            left_out.source, left_out.why
        ));
    }
    if let Some(more @ 1..) = written.left_out.len().checked_sub(MAX_TOLD) {
        complain(&format_args!("and so with {more} more keys"));
    }
    if written.keys == 0 {
        return Err(Error::Unable(format!(
            "none of {} can be written as {name}",
            counted(keys.len() as u64, "key")
        )));
    }
    let mut output = Output::open_private(&options.output, options.force)?;
    let done = output
        .write_all(written.text.as_bytes())
        .and_then(|()| output.flush());
    done.map_err(|source| Error::write(output.name(), source))?;
    if !options.quiet.quiet && written.other_kinds > 0 {
        complain(&format_args!(
            "{} of other kinds, which {name} does not have",
            counted(written.other_kinds as u64, "key")
        ));
    }
    Ok(())
}

/// Keys that are told each before only their number is.
const MAX_TOLD: usize = 20;
