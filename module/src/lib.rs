//! The WASM module: the background, linked. There is no code in here, and a reason for the crate.
//!
//! Whether loops are vectorised is decided where everything is linked and optimised together, by the opt-level of the
//! crate that is linked, whatever the levels of the others are. At "s" they are not: a search took a quarter longer
//! (200,000 passages: 11.3 ms, and 8.9 with the background itself linked at 2). If that crate were the background, all of
//! its own code, which is most of the module, would be made fast instead of small, for which there is no reason (2.59 MB
//! instead of 2.1). So the linked crate is this one.

pub use afterimage_background::*;
