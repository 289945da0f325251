#![no_main]
use libfuzzer_sys::fuzz_target;
use touchstone_check::read;

// No text makes the reader panic; spans lie in the text, in order and apart.
fuzz_target!(|text: &str| {
    let mut end = 0;
    for number in read::numbers(text) {
        assert!(text.get(number.span.clone()).is_some() && text.get(number.phrase.clone()).is_some());
        assert!(number.span.start >= end, "numbers overlap");
        end = number.span.end;
        let stated = number.stated();
        if number.comparator == read::Comparator::Exact {
            assert!(stated.admits(&number.value, &(number.value.clone() - &number.value)));
        }
        let _ = read::format_plain(&number.value);
    }
});
