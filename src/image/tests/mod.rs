//! Archives as tools write them, and as nobody should.

mod build;
mod bundling;
mod hostile;
mod reading;
