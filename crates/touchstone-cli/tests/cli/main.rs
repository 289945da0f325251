//! The program from outside: arguments, output, exit codes.
#![allow(clippy::unwrap_used)]

mod check;
mod eval;
mod kg;
mod sandbox;
mod settings;
mod text;
