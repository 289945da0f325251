#![no_main]
use libfuzzer_sys::fuzz_target;
use touchstone_check_fuzz::read::numbers;

fuzz_target!(|text: &str| {
    for number in numbers(text) {
        assert!(text.get(number.span).is_some());
    }
});
