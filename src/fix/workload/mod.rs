//! Commands for what `why` and `secrets` find.

pub(crate) mod failing;
