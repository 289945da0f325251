//! What becomes of each character. Blocks of 256 are worked out when a text
//! first needs them: Unicode's own tables are slow to ask.

use std::sync::OnceLock;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::is_han;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Folding {
    Dropped,
    One(char),
    Several(&'static str),
}

struct Block {
    foldings: Vec<Folding>,
    /// The Latin letter that a letter of another script is taken for.
    lookalikes: Vec<Option<char>>,
}

const BLOCK_BITS: u32 = 8;
static BLOCKS: [OnceLock<Block>; 0x11_0000 >> BLOCK_BITS] =
    [const { OnceLock::new() }; 0x11_0000 >> BLOCK_BITS];

/// Scripts whose letters are mistaken for Latin ones: phonetic letters, Greek,
/// Cyrillic, Armenian, Cherokee, Coptic, Lisu.
const MISTAKEN: &[std::ops::RangeInclusive<char>] = &[
    '\u{250}'..='\u{2af}',
    '\u{370}'..='\u{58f}',
    '\u{13a0}'..='\u{13ff}',
    '\u{2c80}'..='\u{2cff}',
    '\u{a4d0}'..='\u{a4ff}',
    '\u{ab70}'..='\u{abbf}',
];

pub(super) fn folding(c: char) -> Folding {
    let (block, at) = block_of(c);
    block.foldings.get(at).copied().unwrap_or(Folding::One(c))
}

pub(super) fn latin_lookalike(c: char) -> Option<char> {
    // Chinese is never mistaken for Latin, and there is much of it.
    if c >= '\u{3000}' && is_han(c) {
        return None;
    }
    let (block, at) = block_of(c);
    block.lookalikes.get(at).copied().flatten()
}

fn block_of(c: char) -> (&'static Block, usize) {
    let code = c as u32;
    let block = code >> BLOCK_BITS;
    let found = BLOCKS[block as usize].get_or_init(|| {
        let characters = (block << BLOCK_BITS..(block + 1) << BLOCK_BITS).map(char::from_u32);
        let (foldings, lookalikes) =
            characters.map(|c| c.map_or((Folding::Dropped, None), |c| (work_out(c), mistaken(c)))).unzip();
        Block { foldings, lookalikes }
    });
    (found, (code & ((1 << BLOCK_BITS) - 1)) as usize)
}

fn work_out(c: char) -> Folding {
    match c {
        '\u{2018}' | '\u{2019}' | '\u{02bc}' | '\u{ff07}' => return Folding::One('\''),
        '\u{2010}'..='\u{2012}' => return Folding::One('-'),
        // Zero-width characters and marks of direction hide names from matching.
        '\u{ad}'
        | '\u{61c}'
        | '\u{180e}'
        | '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{feff}'
        | '\u{e0000}'..='\u{e007f}' => return Folding::Dropped,
        'ß' => return Folding::Several("ss"),
        'æ' | 'Æ' => return Folding::Several("ae"),
        'ø' | 'Ø' => return Folding::One('o'),
        'đ' | 'Đ' => return Folding::One('d'),
        'ł' | 'Ł' => return Folding::One('l'),
        'ı' => return Folding::One('i'),
        _ => {}
    }
    let mut folded = String::new();
    for part in std::iter::once(c).nfkd().filter(|part| !is_combining_mark(*part)) {
        if is_han(part) {
            folded.push(simplified(part));
        } else {
            folded.extend(part.to_lowercase());
        }
    }
    let mut characters = folded.chars();
    match (characters.next(), characters.next()) {
        (None, _) => Folding::Dropped,
        (Some(one), None) => Folding::One(one),
        _ => Folding::Several(Box::leak(folded.into_boxed_str())),
    }
}

/// The simplified form of a character that stands alone: the most common one,
/// where traditional text tells several apart by their neighbours.
fn simplified(c: char) -> char {
    let converted = fast2s::convert(c.encode_utf8(&mut [0; 4]));
    let mut characters = converted.chars();
    match (characters.next(), characters.next()) {
        (Some(one), None) => one,
        _ => c,
    }
}

fn mistaken(c: char) -> Option<char> {
    if !MISTAKEN.iter().any(|range| range.contains(&c)) {
        return None;
    }
    let prototype = |c: char| -> Option<char> {
        let skeleton: String = unicode_security::skeleton(c.encode_utf8(&mut [0; 4])).collect();
        let mut characters = skeleton.chars();
        characters.next().filter(|one| one.is_ascii_alphabetic() && characters.next().is_none())
    };
    // Unicode takes a capital I for a small L: there the small letter decides.
    let lower = || c.to_lowercase().next().and_then(prototype).filter(char::is_ascii_lowercase);
    let own = prototype(c).filter(|latin| latin.is_uppercase() == c.is_uppercase());
    own.or_else(lower).map(|latin| latin.to_ascii_lowercase())
}
