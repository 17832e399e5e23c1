//! What a payload says, as named values: the one description from which the text tree and the JSON are made.

use std::borrow::Cow;
use std::net::IpAddr;

use crate::registry::Registry;

/// A named value. Names are `snake_case`, as in JSON; the text tree shows them with spaces.
#[derive(Clone, Debug, PartialEq)]
pub struct Field<'a> {
    /// What it is, in the words of the RFC.
    pub name: &'static str,
    /// What it says.
    pub value: Value<'a>,
}

/// What a field says.
#[derive(Clone, Debug, PartialEq)]
pub enum Value<'a> {
    /// Absent.
    Null,
    /// Yes or no.
    Bool(bool),
    /// A count, a length or another plain number.
    Number(u64),
    /// A number from a registry, with the registry's name for it.
    Registered {
        /// The number.
        id: u32,
        /// IANA's name; `None` when it has none.
        name: Option<Cow<'static, str>>,
    },
    /// Octets without more meaning, shown in hexadecimal.
    Octets(Cow<'a, [u8]>),
    /// Text, possibly from the peer: to be sanitized before a terminal.
    Text(Cow<'a, str>),
    /// An address.
    Address(IpAddr),
    /// Values of one kind.
    List(Vec<Value<'a>>),
    /// Named values that belong together.
    Group(Vec<Field<'a>>),
}

impl<'a> Value<'a> {
    /// A number from a registry.
    pub fn registered<R: Registry>(number: R) -> Self {
        Value::Registered {
            id: number.value(),
            name: number.name().map(Cow::Borrowed),
        }
    }

    /// Text that is known here or was received.
    pub fn text(text: impl Into<Cow<'a, str>>) -> Self {
        Value::Text(text.into())
    }

    /// Octets; `Null` where there are none.
    pub fn octets_or_null(octets: &'a [u8]) -> Self {
        if octets.is_empty() {
            Value::Null
        } else {
            Value::Octets(Cow::Borrowed(octets))
        }
    }

    /// The value, or `Null`.
    pub fn or_null(value: Option<Self>) -> Self {
        value.unwrap_or(Value::Null)
    }
}

impl<'a> From<&'a [u8]> for Value<'a> {
    fn from(octets: &'a [u8]) -> Self {
        Value::Octets(Cow::Borrowed(octets))
    }
}

macro_rules! numbers {
    ($($number:ty),*) => {$(
        impl From<$number> for Value<'_> {
            fn from(number: $number) -> Self {
                Value::Number(u64::from(number))
            }
        }
    )*};
}
numbers!(u8, u16, u32, u64);

impl From<bool> for Value<'_> {
    fn from(yes: bool) -> Self {
        Value::Bool(yes)
    }
}

impl From<IpAddr> for Value<'_> {
    fn from(address: IpAddr) -> Self {
        Value::Address(address)
    }
}

/// A field with this name and value.
pub fn field<'a>(name: &'static str, value: impl Into<Value<'a>>) -> Field<'a> {
    Field {
        name,
        value: value.into(),
    }
}
