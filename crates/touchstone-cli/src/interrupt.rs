//! Ctrl-C: the first one asks the work to stop cleanly, the second one ends
//! the program.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};

/// What a shell expects of a program that SIGINT ended.
pub(crate) const EXIT_CODE: u8 = 130;

static ASKED: AtomicBool = AtomicBool::new(false);

pub(crate) fn watch() -> anyhow::Result<()> {
    ctrlc::set_handler(|| {
        if ASKED.swap(true, Ordering::AcqRel) {
            std::process::exit(EXIT_CODE.into());
        }
    })?;
    Ok(())
}

pub(crate) fn asked() -> bool {
    ASKED.load(Ordering::Acquire)
}

pub(crate) fn flow() -> ControlFlow<()> {
    if asked() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
}
