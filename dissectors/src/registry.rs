//! Numbers from registries: one table gives the constants, the names and the references of a number.

use std::fmt;
use std::hash::Hash;

/// One row of a registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// The number on the wire.
    pub value: u32,
    /// The name as the registry spells it; for payload types the notation (`SA`, `IDi`).
    pub name: &'static str,
    /// What `name` stands for, where the name is a notation.
    pub title: Option<&'static str>,
    /// The spelling used in suites: `AES-CBC` for `ENCR_AES_CBC`.
    pub short: Option<&'static str>,
    /// Where the number is defined: an RFC, a draft, or the implementation that uses it.
    pub reference: &'static str,
    /// What others mean by the same number: (who, name).
    pub other: &'static [(&'static str, &'static str)],
}

/// What a registry says about a number without a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Assignment {
    /// Free for a later assignment.
    Unassigned,
    /// Not to be assigned or used.
    Reserved,
    /// Means what the two peers agree that it means.
    PrivateUse,
}

impl fmt::Display for Assignment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Unassigned => "unassigned",
            Self::Reserved => "reserved",
            Self::PrivateUse => "private use",
        })
    }
}

/// A number from a registry.
///
/// `Display` and `Debug` write the name, or what the registry says about the number: `unassigned (55)`.
pub trait Registry: Copy + Eq + Ord + Hash + fmt::Debug + fmt::Display + 'static {
    /// The word before the number of a value without a short name: `ENCR` in `ENCR-2000`.
    const KIND: &'static str;

    /// All rows, ascending by value.
    fn rows() -> &'static [Row];

    /// The number as the type of this registry; none if it does not fit the field on the wire.
    fn from_value(value: u32) -> Option<Self>;

    /// The number on the wire.
    fn value(self) -> u32;

    /// What the registry says about this number if it has no name.
    fn assignment(self) -> Assignment;

    /// The row of this number.
    fn row(self) -> Option<&'static Row> {
        let value = self.value();
        let rows = Self::rows();
        let index = rows.binary_search_by_key(&value, |row| row.value).ok()?;
        rows.get(index)
    }

    /// The name in the registry.
    fn name(self) -> Option<&'static str> {
        self.row().map(|row| row.name)
    }

    /// What the name stands for: the title where the name is a notation, else the name.
    fn title(self) -> Option<&'static str> {
        self.row().map(|row| row.title.unwrap_or(row.name))
    }

    /// The spelling used in suites.
    fn short(self) -> Option<&'static str> {
        self.row().and_then(|row| row.short)
    }

    /// Where the number is defined.
    fn reference(self) -> Option<&'static str> {
        self.row().map(|row| row.reference)
    }

    /// The spelling used in suites, or kind and number: `AES-CBC`, `ENCR-2000`.
    fn short_name(self) -> ShortName {
        ShortName {
            short: self.short(),
            kind: Self::KIND,
            value: self.value(),
        }
    }

    /// The number that a user means: a name, a short name, a title, a decimal or hexadecimal number, or kind and
    /// number, in any case of letters. Where several numbers have the name, the lowest; where a name is also
    /// somebody's second meaning of another number, the first meaning.
    fn by_name(name: &str) -> Option<Self> {
        let name = name.trim();
        let same = |other: &str| other.eq_ignore_ascii_case(name);
        let rows = Self::rows();
        rows.iter()
            .find(|row| same(row.name))
            .or_else(|| rows.iter().find(|row| row.short.is_some_and(same)))
            .or_else(|| rows.iter().find(|row| row.title.is_some_and(same)))
            .or_else(|| {
                rows.iter()
                    .find(|row| row.other.iter().any(|(_, name)| same(name)))
            })
            .map(|row| row.value)
            .or_else(|| number(Self::KIND, name))
            .and_then(Self::from_value)
    }
}

/// A short name, or kind and number. See [`Registry::short_name`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShortName {
    short: Option<&'static str>,
    kind: &'static str,
    value: u32,
}

impl fmt::Display for ShortName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.short {
            Some(short) => f.pad(short),
            None => f.pad(&format!("{}-{}", self.kind, self.value)),
        }
    }
}

/// Writes the name of a number, or what its registry says about it.
pub(crate) fn fmt_name<R: Registry>(number: R, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match number.name() {
        Some(name) => f.pad(name),
        None => f.pad(&format!("{} ({})", number.assignment(), number.value())),
    }
}

fn number(kind: &str, text: &str) -> Option<u32> {
    let digits = match text.split_at_checked(kind.len()) {
        Some((word, rest)) if !kind.is_empty() && word.eq_ignore_ascii_case(kind) => {
            rest.strip_prefix('-')?
        }
        _ => text,
    };
    match digits.strip_prefix("0x").or(digits.strip_prefix("0X")) {
        Some(hex) if !hex.starts_with('+') => u32::from_str_radix(hex, 16).ok(),
        None if !digits.starts_with('+') => digits.parse().ok(),
        _ => None,
    }
}

/// Declares a registry: a newtype, its constants and its table.
///
/// ```text
/// registry! {
///     /// Transform Type 1 (RFC 7296, section 3.3.2).
///     pub struct EncryptionAlgorithm(u16) = "ENCR", reserved [0 | 10], private [1024..=65535];
///     12 AES_CBC "ENCR_AES_CBC" short "AES-CBC" ["RFC 3602"];
/// }
/// ```
///
/// A row is value, constant, name, then optionally `title "…"`, `short "…"`, the reference, and `also "who" "name"`
/// for a second meaning. Rows ascend by value.
macro_rules! registry {
    (
        $(#[$attribute:meta])*
        pub struct $type:ident($int:ty) = $kind:literal
        $(, reserved [$reserved:pat])? $(, private [$private:pat])?;
        $(
            $value:literal $constant:ident $name:literal $(title $title:literal)? $(short $short:literal)?
            [$reference:literal] $(also $who:literal $meaning:literal)*;
        )*
    ) => {
        $(#[$attribute])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $type(
            /// The number on the wire.
            pub $int,
        );

        impl $type {
            $(
                #[doc = concat!("`", $name, "` (", $reference, ").")]
                pub const $constant: Self = Self($value);
            )*
        }

        impl $crate::registry::Registry for $type {
            const KIND: &'static str = $kind;

            fn rows() -> &'static [$crate::registry::Row] {
                const ROWS: &[$crate::registry::Row] = &[$(
                    $crate::registry::Row {
                        value: $value,
                        name: $name,
                        title: $crate::registry::optional!($($title)?),
                        short: $crate::registry::optional!($($short)?),
                        reference: $reference,
                        other: &[$(($who, $meaning)),*],
                    },
                )*];
                ROWS
            }

            fn from_value(value: u32) -> Option<Self> {
                value.try_into().ok().map(Self)
            }

            fn value(self) -> u32 {
                u32::from(self.0)
            }

            fn assignment(self) -> $crate::registry::Assignment {
                match self.0 {
                    $($reserved => $crate::registry::Assignment::Reserved,)?
                    $($private => $crate::registry::Assignment::PrivateUse,)?
                    _ => $crate::registry::Assignment::Unassigned,
                }
            }
        }

        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                $crate::registry::fmt_name(*self, f)
            }
        }

        impl std::fmt::Debug for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                $crate::registry::fmt_name(*self, f)
            }
        }
    };
}

/// `Some` of what stands in a row, `None` where nothing does.
macro_rules! optional {
    () => {
        None
    };
    ($value:literal) => {
        Some($value)
    };
}

pub(crate) use {optional, registry};
