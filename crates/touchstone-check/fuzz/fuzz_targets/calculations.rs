#![no_main]
use libfuzzer_sys::fuzz_target;
use touchstone_check::read;

// No text makes the reader panic, and what is put right is right.
fuzz_target!(|text: &str| {
    for equation in read::equations(text) {
        assert!(text.get(equation.span.clone()).is_some());
        for side in &equation.sides {
            assert!(text.get(side.number_span.clone()).is_some());
        }
        let _ = equation.judge();
    }
    for comparison in read::comparisons(text) {
        assert!(text.get(comparison.span.clone()).is_some());
        let _ = comparison.holds();
    }
});
