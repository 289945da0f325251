//! The program from outside: arguments, output, exit codes.
#![allow(clippy::unwrap_used)]

mod check;
mod eval;
mod faults;
mod kg;
mod mcp;
mod sandbox;
mod serve;
mod service;
mod settings;
mod text;
