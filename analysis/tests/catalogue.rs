//! The catalogue of diagnoses.
//!
//! With `IKESCOPE_SPECS` set to a folder that holds `ids.csv` (columns id, kind, title, see), the catalogue must declare
//! exactly its ids of kind diagnosis.

use ikescope_analysis::diagnosis::{by_id, catalogue};
use std::collections::BTreeSet;
use std::path::PathBuf;

#[test]
fn the_catalogue_is_the_list_of_ids() {
    let Some(folder) = std::env::var_os("IKESCOPE_SPECS").map(PathBuf::from) else {
        return;
    };
    let text = std::fs::read_to_string(folder.join("ids.csv")).unwrap();
    let rows = text.lines().skip(1).filter_map(|line| {
        let mut columns = line.split(',');
        let id = columns.next()?;
        let kind = columns.next()?;
        (kind == "diagnosis").then(|| (id, line.rsplit(',').next().unwrap_or_default()))
    });
    let rows: Vec<_> = rows.collect();
    let listed: BTreeSet<&str> = rows.iter().map(|(id, _)| *id).collect();
    let declared: BTreeSet<&str> = catalogue().map(|declaration| declaration.id).collect();
    let missing: Vec<_> = listed.difference(&declared).collect();
    let unknown: Vec<_> = declared.difference(&listed).collect();
    assert!(
        missing.is_empty() && unknown.is_empty(),
        "missing: {missing:?}, unknown: {unknown:?}"
    );
    for (id, see) in rows.into_iter().filter(|(_, see)| !see.is_empty()) {
        let declaration = by_id(id).unwrap();
        assert_eq!(declaration.see, Some(see), "{id}");
    }
}
