//! `ikescope interfaces`: where live capture is possible.

use crate::args::Interfaces;
use crate::exit::{Error, Exit};

#[cfg(feature = "live")]
pub(crate) fn run(options: &Interfaces) -> Result<Exit, Error> {
    use std::path::PathBuf;

    use crate::output::Output;

    let mut output = Output::open::<PathBuf>(&options.output, &[])?;
    let interfaces = ikescope_capture::live::interfaces()?;
    let written = listing::write(&interfaces, options.format, &mut output);
    written.map_err(|source| Error::write(output.name(), source))?;
    Ok(Exit::Done)
}

#[cfg(not(feature = "live"))]
pub(crate) fn run(_: &Interfaces) -> Result<Exit, Error> {
    Err(Error::Unable(crate::exit::WITHOUT_LIVE.to_owned()))
}

#[cfg(feature = "live")]
mod listing {
    use std::io::{self, Write};

    use colored::Colorize;
    use ikescope_capture::live::Interface;
    use serde_json::json;

    use crate::args::ListFormat;

    pub(super) fn write(
        interfaces: &[Interface],
        format: ListFormat,
        output: &mut impl Write,
    ) -> io::Result<()> {
        match format {
            ListFormat::Text => write_text(interfaces, output)?,
            ListFormat::Json => write_json(interfaces, output)?,
        }
        output.flush()
    }

    fn write_text(interfaces: &[Interface], output: &mut impl Write) -> io::Result<()> {
        if interfaces.is_empty() {
            return writeln!(output, "no interfaces: the system shows none to this user");
        }
        let width = |text: fn(&Interface) -> String| {
            let lengths = interfaces.iter().map(|interface| text(interface).len());
            lengths.max().unwrap_or(0)
        };
        let name_width = width(|interface| interface.name.clone());
        let addresses_width = width(addresses).min(WIDEST_ADDRESSES);
        for interface in interfaces {
            let state = format!("{:<10}", state(interface));
            let state = if interface.running {
                state.green()
            } else {
                state.dimmed()
            };
            let line = format!(
                "{}  {state}  {:<addresses_width$}  {}",
                format!("{:<name_width$}", interface.name).bold(),
                addresses(interface),
                interface.description.as_deref().unwrap_or_default(),
            );
            writeln!(output, "{}", line.trim_end())?;
        }
        Ok(())
    }

    fn write_json(interfaces: &[Interface], output: &mut impl Write) -> io::Result<()> {
        let list: Vec<_> = interfaces
            .iter()
            .map(|interface| {
                json!({
                    "name": interface.name,
                    "description": interface.description,
                    "up": interface.up,
                    "running": interface.running,
                    "loopback": interface.loopback,
                    "addresses": interface.addresses,
                })
            })
            .collect();
        let document = json!({ "schema": "ikescope.interfaces/1", "interfaces": list });
        writeln!(output, "{document:#}")
    }

    fn state(interface: &Interface) -> &'static str {
        match (interface.up, interface.running) {
            (true, true) => "up",
            (true, false) => "no carrier",
            (false, _) => "down",
        }
    }

    fn addresses(interface: &Interface) -> String {
        let texts: Vec<_> = interface
            .addresses
            .iter()
            .map(ToString::to_string)
            .collect();
        texts.join(" ")
    }

    /// Longer lists push the description aside rather than widen every line.
    const WIDEST_ADDRESSES: usize = 48;
}
