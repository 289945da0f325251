//! The lexicon as one stretch of bytes: a header, then sections of plain
//! numbers and text that are used where they lie.

mod map;

use std::ops::Range;
use std::path::Path;

use xxhash_rust::xxh3::xxh3_64;

use map::FileMap;

const MAGIC: &[u8; 8] = b"TSLEXIC\n";
/// Magic, key, checksum of what follows the header, length of the whole.
const HEADER: usize = 8 + 16 + 8 + 8;
/// Sections begin at multiples of this, so that their numbers are aligned.
const ALIGNMENT: usize = 8;

/// What a lexicon was built from: of another key, it says nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Key(pub(super) u128);

#[derive(Clone, Copy, Debug)]
pub(super) enum Section {
    /// From folded phrases to groups, an fst.
    Phrases,
    /// u32: where the entries of each group begin; one more for the end.
    Groups,
    /// u64: packed entries.
    Entries,
    /// f64, one for each entity.
    Priors,
    /// u32: the set of types of each entity.
    TypeSets,
    /// u32: where the members of each set begin; one more for the end.
    SetStarts,
    /// u32: class ids.
    SetMembers,
    /// u64: where the texts of each entity begin.
    TextStarts,
    /// u32, four for each entity: the lengths of IRI, English, Chinese and
    /// other label, in this order in the texts.
    TextLengths,
    /// UTF-8.
    Texts,
    /// u32: entity ids plus one, hashed by IRI, 0 where there is none.
    Iris,
    /// Three of [`super::starts::Starts`]: u64, u64, UTF-8.
    StartFilter,
    Starts,
    StartTexts,
}

pub(super) const SECTIONS: usize = 14;

/// Why bytes are no lexicon that can be used.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unusable {
    #[error("it cannot be read: {0}")]
    Io(#[from] std::io::Error),
    #[error("it is no lexicon")]
    Foreign,
    #[error("it belongs to another state of the graph, or to another version")]
    Stale,
    #[error("it is damaged")]
    Damaged,
}

pub(super) struct Image {
    bytes: Bytes,
    sections: [Range<usize>; SECTIONS],
}

enum Bytes {
    /// As numbers, so that it is aligned.
    Memory(Vec<u64>),
    File(FileMap),
}

impl Bytes {
    fn get(&self) -> &[u8] {
        match self {
            Bytes::Memory(words) => bytemuck::cast_slice(words),
            Bytes::File(map) => map.bytes(),
        }
    }
}

impl Image {
    /// Puts sections together.
    pub(super) fn assemble(key: Key, sections: [&[u8]; SECTIONS]) -> Image {
        let mut end = HEADER + SECTIONS * 16;
        let ranges = sections.map(|section| {
            let start = end;
            end = (start + section.len()).next_multiple_of(ALIGNMENT);
            start..start + section.len()
        });
        let mut words = vec![0u64; end / ALIGNMENT];
        let bytes: &mut [u8] = bytemuck::cast_slice_mut(&mut words);
        for (at, (section, range)) in sections.iter().zip(&ranges).enumerate() {
            bytes[range.clone()].copy_from_slice(section);
            let row = HEADER + at * 16;
            bytes[row..row + 8].copy_from_slice(&(range.start as u64).to_le_bytes());
            bytes[row + 8..row + 16].copy_from_slice(&(range.len() as u64).to_le_bytes());
        }
        let checksum = xxh3_64(&bytes[HEADER..]);
        bytes[..8].copy_from_slice(MAGIC);
        bytes[8..24].copy_from_slice(&key.0.to_le_bytes());
        bytes[24..32].copy_from_slice(&checksum.to_le_bytes());
        bytes[32..40].copy_from_slice(&(end as u64).to_le_bytes());
        Image { bytes: Bytes::Memory(words), sections: ranges }
    }

    /// Maps a file and makes sure that it is whole and of this key.
    pub(super) fn open(path: &Path, key: Key) -> Result<Image, Unusable> {
        let map = FileMap::open(path)?;
        let sections = verify(map.bytes(), key)?;
        Ok(Image { bytes: Bytes::File(map), sections })
    }

    pub(super) fn bytes(&self) -> &[u8] {
        self.bytes.get()
    }

    pub(super) fn is_mapped(&self) -> bool {
        matches!(self.bytes, Bytes::File(_))
    }

    pub(super) fn section(&self, section: Section) -> &[u8] {
        self.bytes.get().get(self.sections[section as usize].clone()).unwrap_or_default()
    }

    pub(super) fn numbers<T: bytemuck::AnyBitPattern>(&self, section: Section) -> &[T] {
        bytemuck::try_cast_slice(self.section(section)).unwrap_or_default()
    }
}

fn verify(bytes: &[u8], key: Key) -> Result<[Range<usize>; SECTIONS], Unusable> {
    if bytes.len() < HEADER || &bytes[..8] != MAGIC {
        return Err(Unusable::Foreign);
    }
    if bytes[8..24] != key.0.to_le_bytes() {
        return Err(Unusable::Stale);
    }
    let number = |at: usize| bytes[at..at + 8].try_into().map_or(0, u64::from_le_bytes);
    if number(32) != bytes.len() as u64 || number(24) != xxh3_64(&bytes[HEADER..]) {
        return Err(Unusable::Damaged);
    }
    table(bytes).ok_or(Unusable::Damaged)
}

fn table(bytes: &[u8]) -> Option<[Range<usize>; SECTIONS]> {
    let mut ranges = std::array::from_fn(|_| 0..0);
    for (at, range) in ranges.iter_mut().enumerate() {
        let row = bytes.get(HEADER + at * 16..HEADER + at * 16 + 16)?;
        let start = usize::try_from(u64::from_le_bytes(row[..8].try_into().ok()?)).ok()?;
        let length = usize::try_from(u64::from_le_bytes(row[8..].try_into().ok()?)).ok()?;
        *range = start..start.checked_add(length).filter(|end| *end <= bytes.len())?;
    }
    Some(ranges)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn sample() -> Image {
        let mut sections: [&[u8]; SECTIONS] = [&[]; SECTIONS];
        let groups: Vec<u32> = vec![0, 1, 5];
        sections[Section::Texts as usize] = b"texts";
        sections[Section::Groups as usize] = bytemuck::cast_slice(&groups);
        Image::assemble(Key(7), sections)
    }

    #[test]
    fn sections_come_back_from_a_file() {
        let image = sample();
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("image");
        std::fs::write(&path, image.bytes()).unwrap();
        for image in [image, Image::open(&path, Key(7)).unwrap()] {
            assert_eq!(image.section(Section::Texts), b"texts");
            assert_eq!(image.numbers::<u32>(Section::Groups), [0, 1, 5]);
            assert!(image.numbers::<u64>(Section::Entries).is_empty());
        }
    }

    #[test]
    fn no_change_goes_unnoticed() {
        let image = sample();
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("image");
        assert!(matches!(Image::open(&path, Key(7)), Err(Unusable::Io(_))));
        let written = |bytes: &[u8]| {
            std::fs::write(&path, bytes).unwrap();
            Image::open(&path, Key(7)).err()
        };
        assert!(matches!(written(b""), Some(Unusable::Foreign)));
        let whole = image.bytes();
        assert!(matches!(written(&whole[..whole.len() - 1]), Some(Unusable::Damaged)));
        for at in 0..whole.len() {
            let mut bytes = whole.to_vec();
            bytes[at] ^= 1;
            assert!(written(&bytes).is_some(), "byte {at}");
        }
        std::fs::write(&path, whole).unwrap();
        assert!(matches!(Image::open(&path, Key(8)), Err(Unusable::Stale)));
    }
}
