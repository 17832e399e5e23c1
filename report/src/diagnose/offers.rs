//! The offers of both sides beside each other, with what does not match marked.

use ikescope_analysis::diagnosis::{Agreement, Basis, Comparison};

/// Lines of a table of two columns. `names` are the addresses of who offers and of who answers.
pub(super) fn lines(comparison: &Comparison, names: [&str; 2]) -> Vec<(String, bool)> {
    let [offering, answering] = names;
    let theirs = match comparison.basis {
        Basis::Chosen => format!("{answering} chose"),
        Basis::OwnOffer(tunnel) => format!("{answering} offers itself (tunnel {tunnel})"),
        Basis::OtherChoice(tunnel) => format!("{answering} chose in tunnel {tunnel}"),
        Basis::Nothing => format!("{answering} wants: not in this capture"),
    };
    let cell = |values: &[String]| match values {
        [] => "-".to_owned(),
        _ => shortened(values),
    };
    let rows: Vec<(String, String, String, Agreement)> = comparison
        .rows
        .iter()
        .map(|row| {
            (
                row.kind.clone(),
                cell(&row.offered),
                cell(&row.wanted),
                row.agreement,
            )
        })
        .collect();
    let first = format!("{offering} offers");
    let width = |cells: &mut dyn Iterator<Item = usize>| cells.max().unwrap_or(0);
    let kinds = width(&mut rows.iter().map(|row| row.0.len()));
    let offers = width(
        &mut rows
            .iter()
            .map(|row| row.1.len())
            .chain(std::iter::once(first.len())),
    );
    let mut lines = vec![(
        format!("{:kinds$}  {first:offers$}     {theirs}", ""),
        false,
    )];
    for (kind, offered, wanted, agreement) in rows {
        let (mark, bad) = match agreement {
            Agreement::Common => ("=", false),
            Agreement::Mismatch => ("x", true),
            Agreement::Unknown => ("?", false),
        };
        lines.push((
            format!("{kind:kinds$}  {offered:offers$}  {mark}  {wanted}"),
            bad,
        ));
    }
    let mut mismatches = comparison.mismatches();
    if let (Some(only), None) = (mismatches.next(), mismatches.next()) {
        lines.push((format!("only {} has nothing in common", only.kind), true));
    }
    lines
}

/// The first values, and how many more there are: an offer of everything would hide the rest of the table.
fn shortened(values: &[String]) -> String {
    match values.split_at_checked(MOST_VALUES) {
        Some((first, more)) if !more.is_empty() => {
            format!("{} and {} more", first.join(", "), more.len())
        }
        _ => values.join(", "),
    }
}

const MOST_VALUES: usize = 4;
