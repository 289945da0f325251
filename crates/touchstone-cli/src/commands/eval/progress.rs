use std::io::IsTerminal;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use touchstone_eval::{Progress, brief};

const EVERY: Duration = Duration::from_secs(30);

/// How far the run is, with the metrics so far: a bar on a terminal, a line
/// now and then elsewhere.
pub(super) struct Bar {
    bar: Option<ProgressBar>,
    told: Instant,
}

impl Bar {
    pub(super) fn new(progress: &Progress<'_>) -> Bar {
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::new(progress.total as u64)
                .with_position(progress.done as u64)
                .with_message(brief(progress));
            if let Ok(style) = ProgressStyle::with_template("{bar:24} {pos}/{len} {eta}  {wide_msg}") {
                bar.set_style(style);
            }
            // Time left is that of this run, whatever was done before.
            bar.reset_eta();
            bar.enable_steady_tick(Duration::from_secs(1));
            bar
        });
        Bar { bar, told: Instant::now() }
    }

    pub(super) fn set(&mut self, progress: &Progress<'_>) {
        if let Some(bar) = &self.bar {
            bar.set_position(progress.done as u64);
            bar.set_message(brief(progress));
        } else if self.told.elapsed() >= EVERY {
            self.told = Instant::now();
            anstream::eprintln!("{} of {} answers; {}", progress.done, progress.total, brief(progress));
        }
    }

    pub(super) fn finish(self) {
        if let Some(bar) = self.bar {
            bar.finish_and_clear();
        }
    }
}
