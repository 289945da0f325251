#![no_main]
use libfuzzer_sys::fuzz_target;
use touchstone_check::read::{self, Date};

// No text makes the reader panic; stretches of time begin before they end.
fuzz_target!(|text: &str| {
    let mut end = 0;
    let dates = read::find_dates(text);
    for date in &dates {
        assert!(text.get(date.span.clone()).is_some());
        assert!(date.span.start >= end, "dates overlap");
        end = date.span.end;
        if let (Some(earliest), Some(latest)) = (date.earliest, date.latest) {
            assert!(earliest <= latest);
        }
        for other in dates.iter().filter_map(read::DateInterval::date) {
            let _ = date.compare(&other);
        }
    }
    if let Some(date) = Date::parse_lexical(text) {
        assert!(date.first_day() <= date.last_day());
    }
});
