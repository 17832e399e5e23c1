//! Lists of groups as tables: the proposals of an offer, the transforms of a proposal, attributes.

use comfy_table::{ContentArrangement, Table};
use ikescope_dissectors::{Field, Value};

/// Whether all elements are groups whose fields fit into cells.
pub(super) fn is_table(values: &[Value<'_>]) -> bool {
    values.iter().all(|value| match value {
        Value::Group(fields) => columns(fields).all(|field| fits_cell(&field.value)),
        _ => false,
    })
}

/// A column for each field that any row has; what a list holds stands below each other.
pub(super) fn render(
    rows: &[Value<'_>],
    width: usize,
    scalar: impl Fn(&Value<'_>) -> String,
) -> String {
    let groups: Vec<&[Field<'_>]> = rows
        .iter()
        .filter_map(|row| match row {
            Value::Group(fields) => Some(fields.as_slice()),
            _ => None,
        })
        .collect();
    let mut names: Vec<&'static str> = Vec::new();
    for field in groups.iter().flat_map(|fields| columns(fields)) {
        if !names.contains(&field.name) && !is_empty(&field.value) {
            names.push(field.name);
        }
    }
    let mut table = Table::new();
    table
        .load_style(comfy_table::presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(u16::try_from(width).unwrap_or(u16::MAX))
        .set_header(names.iter().map(|name| name.replace('_', " ")));
    for fields in groups {
        table.add_row(names.iter().map(|name| cell(fields, name, &scalar)));
    }
    table.to_string()
}

fn cell(fields: &[Field<'_>], name: &str, scalar: impl Fn(&Value<'_>) -> String) -> String {
    match fields
        .iter()
        .find(|field| field.name == name)
        .map(|field| &field.value)
    {
        None | Some(Value::Null) => String::new(),
        Some(Value::List(values)) => values.iter().map(scalar).collect::<Vec<_>>().join("\n"),
        Some(value) => scalar(value),
    }
}

/// All fields but the attributes of a transform: the other columns already say what they mean.
fn columns<'f, 'a>(fields: &'f [Field<'a>]) -> impl Iterator<Item = &'f Field<'a>> {
    let decoded = fields.iter().any(|field| field.name == "lifetime_seconds");
    fields
        .iter()
        .filter(move |field| !(decoded && matches!(field.name, "attributes" | "transform")))
}

fn fits_cell(value: &Value<'_>) -> bool {
    match value {
        Value::Group(_) => false,
        Value::List(values) => values.iter().all(|value| match value {
            Value::List(inner) => inner.iter().all(is_plain),
            other => is_plain(other),
        }),
        _ => true,
    }
}

const fn is_plain(value: &Value<'_>) -> bool {
    !matches!(value, Value::Group(_) | Value::List(_))
}

const fn is_empty(value: &Value<'_>) -> bool {
    match value {
        Value::Null => true,
        Value::List(values) => values.is_empty(),
        _ => false,
    }
}
