//! Progress on standard error: a bar on a terminal, a line now and then
//! elsewhere.

use std::io::IsTerminal;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

const EVERY: Duration = Duration::from_secs(5);

/// How much of a number of bytes is done.
pub(crate) struct Bytes {
    label: String,
    bar: Option<ProgressBar>,
    told: Instant,
}

impl Bytes {
    pub(crate) fn new(label: impl Into<String>) -> Bytes {
        let label = label.into();
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::new(0).with_message(label.clone());
            if let Ok(style) = ProgressStyle::with_template("{msg} {wide_bar} {bytes}/{total_bytes} {eta}") {
                bar.set_style(style);
            }
            bar
        });
        Bytes { label, bar, told: Instant::now() }
    }

    pub(crate) fn set(&mut self, done: u64, total: u64) {
        if let Some(bar) = &self.bar {
            bar.set_length(total.max(done));
            bar.set_position(done);
        } else if self.told.elapsed() >= EVERY {
            self.told = Instant::now();
            let percent = (done.saturating_mul(100)).checked_div(total).unwrap_or(0).min(100);
            anstream::eprintln!("{}: {percent}% of {} MB", self.label, total.div_ceil(1_000_000));
        }
    }

    pub(crate) fn finish(self) {
        if let Some(bar) = self.bar {
            bar.finish_and_clear();
        }
    }
}

/// Says what is being done.
pub(crate) enum Spinner {
    Bar(ProgressBar),
    /// A line now and then.
    Lines(Mutex<Instant>),
    Silent,
}

impl Spinner {
    /// On a terminal only.
    pub(crate) fn new(shown: bool) -> Spinner {
        if !shown || !std::io::stderr().is_terminal() {
            return Spinner::Silent;
        }
        let bar = ProgressBar::new_spinner();
        bar.enable_steady_tick(Duration::from_millis(100));
        Spinner::Bar(bar)
    }

    /// For work of minutes: a line now and then where there is no terminal.
    pub(crate) fn of_long_work(shown: bool) -> Spinner {
        match Spinner::new(shown) {
            Spinner::Silent if shown => Spinner::Lines(Mutex::new(Instant::now())),
            spinner => spinner,
        }
    }

    pub(crate) fn say(&self, what: &str) {
        match self {
            Spinner::Bar(bar) => bar.set_message(what.to_owned()),
            Spinner::Lines(told) => {
                let mut told = told.lock().unwrap_or_else(PoisonError::into_inner);
                if told.elapsed() >= EVERY {
                    *told = Instant::now();
                    anstream::eprintln!("{what}");
                }
            }
            Spinner::Silent => {}
        }
    }

    /// Prints without the spinner in the way.
    pub(crate) fn aside<T>(&self, print: impl FnOnce() -> T) -> T {
        match self {
            Spinner::Bar(bar) => bar.suspend(print),
            Spinner::Lines(_) | Spinner::Silent => print(),
        }
    }
}

impl Drop for Spinner {
    fn drop(&mut self) {
        if let Spinner::Bar(bar) = self {
            bar.finish_and_clear();
        }
    }
}
