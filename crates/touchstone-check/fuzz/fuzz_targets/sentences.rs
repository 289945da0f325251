#![no_main]
use libfuzzer_sys::fuzz_target;
use touchstone_check::read;

// No text makes the reader panic; sentences are apart, in order, and leave out
// nothing that could say something.
fuzz_target!(|text: &str| {
    let mut end = 0;
    for sentence in read::sentences(text) {
        assert!(text.get(sentence.span.clone()).is_some() && text.get(sentence.body()).is_some());
        assert!(sentence.span.start >= end, "sentences overlap");
        assert!(!text[end..sentence.span.start].chars().any(char::is_alphanumeric));
        end = sentence.span.end;
    }
    assert!(!text[end..].chars().any(char::is_alphanumeric));
    let _ = read::language_of(text);
});
