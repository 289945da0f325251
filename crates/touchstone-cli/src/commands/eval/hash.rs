//! SHA-256 of what the answers depend on.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

use anyhow::Context;
use sha2::{Digest, Sha256};

/// Version and SHA-256 of this program.
pub(super) fn this_program() -> anyhow::Result<String> {
    Ok(format!("{} {}", env!("CARGO_PKG_VERSION"), file(&std::env::current_exe()?)?))
}

pub(super) fn file(path: &Path) -> anyhow::Result<String> {
    let unreadable = || format!("cannot read {}", path.display());
    let mut hash = Hasher(Sha256::new());
    io::copy(&mut File::open(path).with_context(unreadable)?, &mut hash).with_context(unreadable)?;
    Ok(hex(&hash.0.finalize()))
}

/// Of the names and contents of all files in a folder and the folders in it.
pub(super) fn folder(path: &Path) -> anyhow::Result<String> {
    let mut hash = Sha256::new();
    let mut entries = std::fs::read_dir(path)
        .and_then(Iterator::collect::<io::Result<Vec<_>>>)
        .with_context(|| format!("cannot read {}", path.display()))?;
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let path = entry.path();
        let content = if path.is_dir() { folder(&path)? } else { file(&path)? };
        hash.update(format!("{}\0{content}\n", entry.file_name().to_string_lossy()));
    }
    Ok(hex(&hash.finalize()))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

struct Hasher(Sha256);

impl Write for Hasher {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_folder_is_another_when_a_file_in_it_is() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("en")).unwrap();
        let path = dir.path().join("en/step.txt");
        std::fs::write(&path, "abc").unwrap();
        assert_eq!(file(&path).unwrap()[..8], *"ba7816bf");
        let before = folder(dir.path()).unwrap();
        assert_eq!(folder(dir.path()).unwrap(), before);
        std::fs::write(&path, "abd").unwrap();
        assert_ne!(folder(dir.path()).unwrap(), before);
    }
}
