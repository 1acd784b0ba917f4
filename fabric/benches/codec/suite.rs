//! Where the samples of the suite think that they are.

#[path = "../../../src/suite/samples/mod.rs"]
#[allow(dead_code, unused_imports, reason = "those of frames are not measured")]
pub mod samples;
