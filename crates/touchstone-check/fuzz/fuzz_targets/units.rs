#![no_main]
use libfuzzer_sys::fuzz_target;
use touchstone_check::read::{self, Unit};

// No text makes the reader panic, and every unit converts into itself.
fuzz_target!(|text: &str| {
    for quantity in read::find_quantities(text) {
        assert!(text.get(quantity.span.clone()).is_some());
        if let Some(unit) = quantity.unit {
            let value = &quantity.number.value;
            assert_eq!(unit.convert(&unit, value).as_ref(), Some(value));
        }
    }
    let _ = Unit::from_qudt(text);
});
