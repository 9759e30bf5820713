//! The messages, one file per API.

mod api_versions;
mod produce;

pub use api_versions::*;
pub use produce::*;
