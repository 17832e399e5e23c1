//! `ikescope explain`: what does this mean?

use std::path::PathBuf;

use ikescope_report::{
    Page, explain, explainable, write_catalogue_json, write_catalogue_text, write_page_json,
    write_page_text,
};

use crate::args::{Explain, ListFormat};
use crate::exit::{Error, Exit};
use crate::output::{Output, width};
use crate::today::today;

pub(crate) fn run(options: &Explain) -> Result<Exit, Error> {
    let pages = options.id.as_deref().map(known).transpose()?;
    let mut output = Output::open::<PathBuf>(&options.output, &[])?;
    let width = width();
    let day = today();
    let written = match (&pages, options.format) {
        (None, ListFormat::Text) => write_catalogue_text(width, &mut output),
        (None, ListFormat::Json) => write_catalogue_json(&mut output),
        (Some(pages), ListFormat::Text) => pages
            .iter()
            .try_for_each(|page| write_page_text(page, &day, width, &mut output)),
        (Some(pages), ListFormat::Json) => write_page_json(pages, &day, &mut output),
    };
    written.map_err(|source| Error::write(output.name(), source))?;
    Ok(Exit::Done)
}

/// The pages of an id, or near names.
pub(crate) fn known(id: &str) -> Result<Vec<Page>, Error> {
    let pages = explain(id);
    if !pages.is_empty() {
        return Ok(pages);
    }
    let near = explainable(id);
    let hint = if near.is_empty() {
        "`ikescope explain` lists everything".to_owned()
    } else {
        format!("did you mean {}?", near.join(", "))
    };
    Err(Error::Usage(format!(
        "\"{id}\" is no diagnosis, finding or algorithm; {hint}"
    )))
}
