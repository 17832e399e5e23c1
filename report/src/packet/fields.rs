//! What payloads say, as JSON.

use ikescope_dissectors::{Field, Value};
use serde_json::{Map, Value as Json, json};

use crate::digits::hex_text;

/// Named values as an object.
pub(super) fn object(fields: &[Field<'_>]) -> Map<String, Json> {
    fields
        .iter()
        .map(|field| (field.name.to_owned(), value(&field.value)))
        .collect()
}

/// A registered number is `{"id", "name"}`, octets are lower-case hexadecimal digits, absent is `null`.
fn value(said: &Value<'_>) -> Json {
    match said {
        Value::Null => Json::Null,
        Value::Bool(yes) => Json::from(*yes),
        Value::Number(number) => Json::from(*number),
        Value::Registered { id, name } => json!({ "id": id, "name": name }),
        Value::Octets(octets) => Json::from(hex_text(octets)),
        Value::Text(text) => Json::from(text.as_ref()),
        Value::Address(address) => Json::from(address.to_string()),
        Value::List(values) => values.iter().map(value).collect(),
        Value::Group(fields) => Json::Object(object(fields)),
    }
}
