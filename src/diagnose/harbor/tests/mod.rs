//! Rules about Harbor on small evidence.

mod build;
mod clocks;
mod config;
mod decision;
mod front;
mod keys;
mod matrix;
mod mends;
mod reach;
mod rows;
mod unsteady;
