//! SHA-256 of files, remembered beside them while they do not change.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use sha2::{Digest, Sha256};

const BLOCK: usize = 1 << 20;

pub(crate) fn of_file(path: &Path) -> std::io::Result<String> {
    let mut file = File::open(path)?;
    let mut digest = Sha256::new();
    let mut block = vec![0; BLOCK];
    loop {
        match file.read(&mut block)? {
            0 => break,
            length => digest.update(&block[..length]),
        }
    }
    Ok(digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Whether the file has the hash. A file of a gigabyte takes seconds, so what
/// was found is kept beside it with the file's size and time.
pub(super) fn is(path: &Path, bytes: u64, expected: &str) -> bool {
    let Ok(described) = fs::metadata(path) else { return false };
    if described.len() != bytes {
        return false;
    }
    let time = described.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    let seal = time.map(|time| format!("{expected} {bytes} {}", time.as_nanos()));
    let note = note(path);
    if seal.is_some() && fs::read_to_string(&note).ok() == seal {
        return true;
    }
    let right = of_file(path).is_ok_and(|found| found == expected);
    if let (true, Some(seal)) = (right, seal) {
        // A cache that cannot be written to is verified every time.
        let _ = fs::write(note, seal);
    }
    right
}

/// A file's hash, from a note of before where the file has not changed. New
/// notes are kept in `notes`, as the file may not be ours.
pub(crate) fn remembered(path: &Path, notes: &Path) -> std::io::Result<String> {
    let described = fs::metadata(path)?;
    let time = described.modified()?.duration_since(UNIX_EPOCH).map_err(std::io::Error::other)?;
    let seal = format!("{} {}", described.len(), time.as_nanos());
    let whole = path.canonicalize()?;
    let name: String = Sha256::digest(whole.as_os_str().as_encoded_bytes())
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let own = notes.join(format!("{name}.sha256"));
    for note in [note(path), own.clone()] {
        if let Some((hash, rest)) = fs::read_to_string(note).ok().as_deref().and_then(|n| n.split_once(' '))
            && rest == seal
            && hash.len() == 64
        {
            return Ok(hash.to_owned());
        }
    }
    let hash = of_file(path)?;
    // Where it cannot be written it is computed again.
    let _ = fs::create_dir_all(notes).and_then(|()| fs::write(own, format!("{hash} {seal}")));
    Ok(hash)
}

fn note(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".verified");
    path.with_file_name(name)
}
