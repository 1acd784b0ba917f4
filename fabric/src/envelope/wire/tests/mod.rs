//! Layouts of releases, as bytes.

mod frame;
mod handshake;
mod header;
