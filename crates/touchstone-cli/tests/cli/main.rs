//! The program from outside: arguments, output, exit codes.
#![allow(clippy::unwrap_used)]

mod check;
mod kg;
mod sandbox;
mod settings;
mod text;
