//! The personal code: bytes, text and types; signing and encoding.
