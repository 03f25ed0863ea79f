//! Rules about Harbor: what its cores hold, accept and answer, put together from what the API server shows
//! ([`Harbor`](crate::evidence::harbor::Harbor)) and what an observer saw
//! ([`HarborSeen`](crate::evidence::harbor::HarborSeen)).
//!
//! A rule judges one [`View`]. [`keys`] compares token keys, [`mounts`] looks at where they lie, [`matrix`] says who accepts whose tokens and how often a
//! push fails, [`clocks`] what the clocks have to do with it, [`config`] what else must be equal, [`front`] what clients
//! meet at the front door, [`unsteady`] what it does now and then, [`lost`] whose fault a missing token is, [`realm`] where they are sent for tokens, [`reach`] which cores answer, [`decision`] what a client's own token says.

mod about;
mod clocks;
mod config;
mod decision;
mod front;
mod keys;
mod login;
mod lost;
mod matrix;
mod mounts;
mod reach;
mod realm;
mod unsteady;
mod version;
mod view;

pub use about::short_kid;
pub(super) use clocks::{drifting, rejected_for_time, short_lived};
pub(super) use config::{drifting_settings, versions};
pub(super) use decision::{decided, read_only};
pub(super) use front::{one_key_only, unreachable_front};
pub(super) use keys::{mismatched, stale, unreadable};
pub(super) use login::logins;
pub(super) use matrix::rejected;
pub(crate) use matrix::{REQUESTS, odds};
pub(super) use mounts::not_mounted;
pub(super) use reach::{denied_reads, unreachable_cores};
pub(super) use realm::realm;
pub(super) use unsteady::unsteady_front;
pub(crate) use view::{Agrees, Core, Group, Key, View};

#[cfg(test)]
mod tests;
