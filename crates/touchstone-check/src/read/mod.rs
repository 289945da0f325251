//! Readers that need no graph: sentences and their language, numbers with
//! units, dates, calculations, in English and Chinese. Pure functions over
//! `&str` with byte spans of that text; none panics.

mod asked;
mod calculation;
mod date;
mod expression;
mod format;
mod hedge;
mod language;
mod number;
mod numeral;
mod quantity;
mod sentence;
mod unit;

pub use asked::{AskedUnit, asked_unit};
pub use calculation::{Comparison, Equation, Judgement, Side, comparisons, equations};
pub use date::{Agreement as DateAgreement, Date, DateInterval, Day, Extent, find_dates};
pub use format::format_plain;
pub use language::{Reading, language_of};
pub use number::{Comparator, Number, Stated, numbers};
pub use quantity::{Quantity, find_quantities};
pub use sentence::{Sentence, sentences};
pub use unit::Unit;
