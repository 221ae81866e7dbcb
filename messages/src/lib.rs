//! The message protocol: one closed, tagged, versioned union, defined here and nowhere else.
//!
//! `content/` and `extension/` see the TypeScript twin, `messages/messages.ts`, which `cargo test -p
//! afterimage-messages` writes from these types; a test fails while the committed file is stale.
//! Everything is JSON-safe, because Chrome carries messages as JSON: times are milliseconds since the
//! epoch in an `f64`, identifiers are hexadecimal strings, and vectors never cross (the ten numbers of
//! [`Diagnosis::first_ten`] are for human eyes).

mod backfill;
mod intent;
mod library;
mod models;
mod page;
mod request;
mod response;
mod settings;
mod state;
mod transfer;

pub use backfill::*;
pub use intent::*;
pub use library::*;
pub use models::*;
pub use page::*;
pub use request::*;
pub use response::*;
pub use settings::*;
pub use state::*;
pub use transfer::*;

/// The protocol's version. An envelope with another one is answered with [`ErrorCode::UnknownVersion`].
pub const VERSION: u32 = 2;

#[cfg(test)]
mod generate;
