#![no_main]
use libfuzzer_sys::fuzz_target;
use touchstone_check::read;

// No text makes a reader panic, and every span lies in the text.
fuzz_target!(|text: &str| {
    for number in read::numbers(text) {
        assert!(text.get(number.span).is_some() && text.get(number.phrase).is_some());
    }
    for quantity in read::find_quantities(text) {
        assert!(text.get(quantity.span).is_some());
    }
    for date in read::find_dates(text) {
        assert!(text.get(date.span).is_some());
    }
    for equation in read::equations(text) {
        assert!(text.get(equation.span.clone()).is_some());
        let _ = equation.judge();
    }
    for comparison in read::comparisons(text) {
        assert!(text.get(comparison.span).is_some());
    }
    for sentence in read::sentences(text) {
        assert!(text.get(sentence.span).is_some());
    }
});
