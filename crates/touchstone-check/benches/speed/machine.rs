//! What the numbers were measured on.

pub(crate) fn describe() -> String {
    let model = std::fs::read_to_string("/proc/cpuinfo").ok().and_then(|text| {
        let line = text.lines().find(|line| line.starts_with("model name"))?;
        line.split_once(':').map(|(_, name)| name.trim().to_owned())
    });
    format!("{}, {} threads", model.unwrap_or_else(|| std::env::consts::ARCH.to_owned()), threads())
}

pub(crate) fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, |threads| threads.get())
}

/// MiB of the process in memory: of its own, and of mapped files, which the
/// system shares and can take back.
pub(crate) fn memory() -> (f64, f64) {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mib = |name: &str| {
        let line = status.lines().find(|line| line.starts_with(name));
        let kib = line.and_then(|line| line.split_whitespace().nth(1)?.parse::<f64>().ok());
        kib.unwrap_or(0.0) / 1024.0
    };
    (mib("RssAnon:"), mib("RssFile:"))
}

/// Seconds that this thread computes for the work; by the clock, where the
/// system does not tell.
pub(crate) fn processor_time(work: impl FnOnce()) -> f64 {
    let used = || {
        let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
        text.split_whitespace().next()?.parse::<f64>().ok()
    };
    let before = used();
    let clock = super::timed(work);
    match (before, used()) {
        (Some(before), Some(after)) => (after - before) / 1e9,
        _ => clock,
    }
}
