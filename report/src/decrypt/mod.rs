//! What `decrypt` opened, SA by SA and key by key, as text and JSON.

mod json;
mod key;
mod text;
mod types;

pub use json::write_decrypt_json;
pub use text::write_decrypt_text;
