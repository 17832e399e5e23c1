//! `ikescope generate`: manual pages and completions from the definition of the command line.

use std::fs;
use std::io;
use std::path::Path;

use clap::CommandFactory;
use clap::builder::StyledStr;
use clap_complete::Shell;
use clap_mangen::Man;

use crate::args::{Cli, Generate, Generated};
use crate::exit::{Error, Exit};

pub(crate) fn run(options: &Generate) -> Result<Exit, Error> {
    let folder = &options.folder;
    let written = fs::create_dir_all(folder).and_then(|()| match options.kind {
        Generated::Man => write_manual(folder),
        Generated::Completions => write_completions(folder),
    });
    written.map_err(|source| Error::write(&folder.display().to_string(), source))?;
    Ok(Exit::Done)
}

fn write_manual(folder: &Path) -> io::Result<()> {
    let program = public();
    write_page(program.clone(), "ikescope", folder)?;
    for command in program.get_subcommands() {
        let page = format!("ikescope-{}", command.get_name());
        let typed = format!("ikescope {}", command.get_name());
        write_page(command.clone().bin_name(typed), &page, folder)?;
    }
    Ok(())
}

fn write_page(command: clap::Command, name: &str, folder: &Path) -> io::Result<()> {
    let notes = command.get_after_help().map(ToString::to_string);
    let has_commands = command.has_subcommands();
    let man = Man::new(command.display_name(name.to_owned()))
        .title(name.to_uppercase())
        .source(concat!("ikescope ", env!("CARGO_PKG_VERSION")))
        .manual("ikescope manual");
    let mut page = Vec::new();
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    man.render_options_section(&mut page)?;
    if has_commands {
        man.render_subcommands_section(&mut page)?;
    }
    page.extend(sections(&notes.unwrap_or_default()).into_bytes());
    fs::write(folder.join(format!("{name}.1")), page)
}

/// The sections of a text whose headings are lines in capitals with a colon; their lines stay as they are.
fn sections(text: &str) -> String {
    let mut roff = String::new();
    for line in text.lines() {
        let heading = line
            .strip_suffix(':')
            .filter(|title| title.chars().all(|c| c.is_ascii_uppercase() || c == ' '));
        match heading {
            Some(title) => roff.push_str(&format!(".SH \"{title}\"\n.nf\n")),
            None => {
                let escaped = line.replace('\\', "\\e").replace('-', "\\-");
                // A dot or an apostrophe at the start of a line would be a request.
                roff.push_str(&format!("\\&{escaped}\n"));
            }
        }
    }
    roff
}

fn write_completions(folder: &Path) -> io::Result<()> {
    for shell in SHELLS {
        clap_complete::generate_to(shell, &mut public(), "ikescope", folder)?;
    }
    Ok(())
}

/// The command line without the commands that are hidden: completions would offer them.
fn public() -> clap::Command {
    let full = Cli::command();
    let text = |text: Option<&StyledStr>| text.cloned().unwrap_or_default();
    clap::Command::new("ikescope")
        .version(env!("CARGO_PKG_VERSION"))
        .about(text(full.get_about()))
        .long_about(text(full.get_long_about()))
        .after_help(text(full.get_after_help()))
        .subcommand_required(true)
        .disable_help_subcommand(true)
        .subcommands(
            full.get_subcommands()
                .filter(|command| !command.is_hide_set())
                .cloned(),
        )
}

const SHELLS: [Shell; 5] = [
    Shell::Bash,
    Shell::Zsh,
    Shell::Fish,
    Shell::PowerShell,
    Shell::Elvish,
];
