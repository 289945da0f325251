//! Energy of the processor, where Linux tells it (powercap, RAPL).

use std::path::PathBuf;

const FOLDER: &str = "/sys/class/powercap";

/// Counts joules from its making on.
pub(crate) struct Meter {
    packages: Vec<Package>,
}

struct Package {
    counter: PathBuf,
    /// Where the counter begins anew, in microjoules.
    range: u64,
    last: u64,
}

impl Meter {
    /// `None`: this machine doesn't tell, or not to us.
    pub(crate) fn open() -> Option<Meter> {
        let mut packages = Vec::new();
        for entry in std::fs::read_dir(FOLDER).ok()?.filter_map(Result::ok) {
            let name = entry.file_name().to_string_lossy().into_owned();
            // "intel-rapl:0" is a package, "intel-rapl:0:1" a part of it.
            if !name.starts_with("intel-rapl:") || name.matches(':').count() != 1 {
                continue;
            }
            let counter = entry.path().join("energy_uj");
            let number = |path: PathBuf| std::fs::read_to_string(path).ok()?.trim().parse::<u64>().ok();
            let last = number(counter.clone())?;
            let range = number(entry.path().join("max_energy_range_uj"))?;
            packages.push(Package { counter, range, last });
        }
        (!packages.is_empty()).then_some(Meter { packages })
    }

    /// Joules since the last call.
    pub(crate) fn lap(&mut self) -> Option<f64> {
        let mut sum = 0;
        for package in &mut self.packages {
            let now: u64 = std::fs::read_to_string(&package.counter).ok()?.trim().parse().ok()?;
            sum += spent(package.last, now, package.range);
            package.last = now;
        }
        Some(sum as f64 / 1e6)
    }
}

fn spent(last: u64, now: u64, range: u64) -> u64 {
    if now >= last { now - last } else { range.saturating_sub(last) + now }
}

#[cfg(test)]
mod tests {
    use super::spent;

    #[test]
    fn a_counter_that_begins_anew_goes_on() {
        assert_eq!(spent(10, 25, 100), 15);
        assert_eq!(spent(90, 5, 100), 15);
    }
}
