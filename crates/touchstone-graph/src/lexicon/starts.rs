//! Where in the automaton a phrase goes on after its beginning: the first
//! word, or the first two characters of Chinese. One look into a table takes
//! the place of a dozen steps from the root, and most words of a text begin
//! no name at all.

use fst::raw::Fst;
use xxhash_rust::xxh3::xxh3_64;

use super::is_han;

/// Numbers of one entry, half a line of the processor's cache: length, offset
/// and check; the first bytes; node; output so far. An entry whose first
/// number is 0 is free: no beginning is empty.
const ENTRY: usize = 4;
/// Length of the beginning, lowest in the first number.
const LENGTH_BITS: u32 = 8;
/// Where its text begins, above the length.
const OFFSET_BITS: u32 = 40;
/// Above both stand bits of the hash, so that few others are compared.
const CHECK_SHIFT: u32 = LENGTH_BITS + OFFSET_BITS;
const HEAD: usize = 8;
/// Bits of the filter for each beginning: one in sixteen others passes.
const FILTER_BITS: usize = 16;

/// A node of the automaton, and the output on the way to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Start {
    pub(super) node: usize,
    pub(super) output: u64,
}

/// The table as it lies in the image.
#[derive(Clone, Copy)]
pub(super) struct Starts<'a> {
    /// A bit for each hash; small enough to stay in the cache.
    filter: &'a [u64],
    entries: &'a [u64],
    texts: &'a [u8],
}

impl<'a> Starts<'a> {
    pub(super) fn new(filter: &'a [u64], entries: &'a [u64], texts: &'a [u8]) -> Starts<'a> {
        Starts { filter, entries, texts }
    }

    pub(super) fn get(self, beginning: &[u8]) -> Option<Start> {
        let hash = xxh3_64(beginning);
        let bit = place(hash.rotate_left(32), self.filter.len() * 64);
        if self.filter.get(bit / 64)? >> (bit % 64) & 1 == 0 {
            return None;
        }
        let places = self.entries.len() / ENTRY;
        let wanted = hash >> CHECK_SHIFT << CHECK_SHIFT | beginning.len() as u64;
        let first = head(beginning);
        let mut at = place(hash, places);
        for _ in 0..places {
            let entry = self.entries.get(at * ENTRY..at * ENTRY + ENTRY)?;
            if entry[0] == 0 {
                return None;
            }
            let offset = (entry[0] >> LENGTH_BITS & ((1 << OFFSET_BITS) - 1)) as usize;
            let alike = entry[0] & !(((1 << OFFSET_BITS) - 1) << LENGTH_BITS) == wanted && entry[1] == first;
            let same = || self.texts.get(offset..offset + beginning.len()) == Some(beginning);
            if alike && (beginning.len() <= HEAD || same()) {
                return Some(Start { node: entry[2] as usize, output: entry[3] });
            }
            at = if at + 1 == places { 0 } else { at + 1 };
        }
        None
    }
}

/// One of so many places, by the upper bits of a hash.
fn place(hash: u64, places: usize) -> usize {
    ((u128::from(hash) * places as u128) >> 64) as usize
}

fn head(beginning: &[u8]) -> u64 {
    match beginning.first_chunk::<HEAD>() {
        Some(head) => u64::from_le_bytes(*head),
        None => beginning.iter().rev().fold(0, |head, byte| head << 8 | u64::from(*byte)),
    }
}

/// The table while it is made, from all phrases in their order.
#[derive(Default)]
pub(super) struct Beginnings {
    texts: String,
    ends: Vec<usize>,
}

impl Beginnings {
    pub(super) fn add(&mut self, phrase: &str) {
        let beginning = &phrase[..length(phrase)];
        self.ends.push(self.texts.len() + beginning.len());
        self.texts.push_str(beginning);
    }

    /// Filter, entries and texts.
    pub(super) fn finish(self, phrases: &Fst<&[u8]>) -> (Vec<u64>, Vec<u64>, String) {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        let mut known: Vec<&str> =
            starts.zip(&self.ends).map(|(start, end)| &self.texts[start..*end]).collect();
        known.sort_unstable();
        known.dedup();
        let places = known.len() * 3 / 2 + 1;
        let mut filter = vec![0u64; (known.len() * FILTER_BITS).div_ceil(64) + 1];
        let mut entries = vec![0u64; places * ENTRY];
        let mut texts = String::new();
        for beginning in known {
            let bytes = beginning.as_bytes();
            let Some(Start { node, output }) = walk(phrases, bytes) else { continue };
            let hash = xxh3_64(bytes);
            let bit = place(hash.rotate_left(32), filter.len() * 64);
            filter[bit / 64] |= 1 << (bit % 64);
            let mut at = place(hash, places);
            while entries[at * ENTRY] != 0 {
                at = if at + 1 == places { 0 } else { at + 1 };
            }
            let check = hash >> CHECK_SHIFT << CHECK_SHIFT;
            let first = check | (texts.len() as u64) << LENGTH_BITS | bytes.len() as u64;
            entries[at * ENTRY..(at + 1) * ENTRY].copy_from_slice(&[first, head(bytes), node as u64, output]);
            texts.push_str(beginning);
        }
        (filter, entries, texts)
    }
}

fn walk(phrases: &Fst<&[u8]>, beginning: &[u8]) -> Option<Start> {
    let mut node = phrases.root();
    let mut output = 0;
    for byte in beginning {
        let transition = node.transition(node.find_input(*byte)?);
        output += transition.out.value();
        node = phrases.node(transition.addr);
    }
    Some(Start { node: node.addr(), output })
}

/// Whether a character joins with its like to a word.
pub(super) fn joins(c: char) -> bool {
    if c.is_ascii() { c.is_ascii_alphanumeric() } else { !is_han(c) && c.is_alphanumeric() }
}

/// Bytes of the beginning of a phrase that is not empty.
fn length(phrase: &str) -> usize {
    let mut characters = phrase.chars();
    let Some(first) = characters.next() else { return 0 };
    if joins(first) {
        return phrase.find(|c| !joins(c)).unwrap_or(phrase.len());
    }
    match characters.next().filter(|second| is_han(first) && is_han(*second)) {
        Some(second) => first.len_utf8() + second.len_utf8(),
        None => first.len_utf8(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn beginnings_lead_to_where_the_root_leads() {
        let phrases =
            ["a", "a b", "a-b", "ab c", "c++", "extraordinarily long", "国", "国b", "国家", "国家法"];
        let bytes = fst::Map::from_iter(phrases.iter().zip(1..)).unwrap().into_fst().into_inner();
        let fst = Fst::new(bytes.as_slice()).unwrap();
        let mut beginnings = Beginnings::default();
        phrases.iter().for_each(|phrase| beginnings.add(phrase));
        let (filter, entries, texts) = beginnings.finish(&fst);
        assert_eq!(texts.len(), ["a", "ab", "c", "extraordinarily", "国", "国家"].concat().len());
        let starts = Starts::new(&filter, &entries, texts.as_bytes());
        for beginning in ["a", "ab", "c", "extraordinarily", "国", "国家"] {
            assert_eq!(starts.get(beginning.as_bytes()), walk(&fst, beginning.as_bytes()), "{beginning}");
        }
        for other in ["", "b", "国家法", "家"] {
            assert_eq!(starts.get(other.as_bytes()), None, "{other}");
        }
        assert_eq!(Starts::new(&[], &[], &[]).get(b"a"), None);
    }
}
