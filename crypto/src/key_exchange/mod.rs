//! Key exchange methods, by their numbers.
