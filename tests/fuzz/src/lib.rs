//! What fuzzing runs: each target takes bytes, makes something happen out of them, and panics where
//! what must always hold does not. The targets are functions, so that what was found once can be
//! run again by a test.

pub mod apis;
pub mod repair;
pub mod script;
pub mod targets;
pub mod wire;
pub mod world;
