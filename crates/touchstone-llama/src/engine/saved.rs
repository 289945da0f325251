//! Prepared prefixes on disk, so that a new process need not compute them.
//!
//! One file per model and prefix. Its first line says what it is, a hash
//! covers all the rest; a file that is not exactly what was written is
//! ignored, and written anew when the prefix has been computed.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::{Duration, SystemTime};

use llama_cpp_2::token::LlamaToken;
use sha2::{Digest, Sha256};

/// Changes with the layout below.
const MAGIC: &[u8; 16] = b"touchstone kv 1\n";
const HASH: usize = 32;
const EXTENSION: &str = "kv";
/// What the name of a file ends with while it is written.
const PARTIAL: &str = ".partial";
/// Writing a file takes seconds.
const LONGEST_WRITE: Duration = Duration::from_secs(3600);

/// The saved prefixes of one model with one kind of cache.
pub(super) struct Saved {
    folder: PathBuf,
    max_bytes: u64,
    /// What the state depends on besides the prefix: weights, kind of cache,
    /// version of llama.cpp.
    key: Key,
}

struct Key {
    known: OnceLock<Option<String>>,
    make: Box<dyn Fn() -> io::Result<String> + Send + Sync>,
}

impl Saved {
    /// `key` is called once, when it is first needed; without one nothing is
    /// saved.
    pub(super) fn new(
        folder: &Path,
        max_bytes: u64,
        key: impl Fn() -> io::Result<String> + Send + Sync + 'static,
    ) -> Saved {
        let key = Key { known: OnceLock::new(), make: Box::new(key) };
        Saved { folder: folder.to_owned(), max_bytes, key }
    }

    fn path(&self, tokens: &[LlamaToken]) -> Option<PathBuf> {
        let key = self.key.known.get_or_init(|| {
            let key = (self.key.make)();
            key.inspect_err(|error| tracing::warn!("prompts are not kept on disk: {error}")).ok()
        });
        let mut digest = Sha256::new();
        digest.update(key.as_ref()?.as_bytes());
        digest.update(bytes(tokens));
        Some(self.folder.join(format!("{}.{EXTENSION}", hex(&digest.finalize()))))
    }

    /// The state of a prefix, if it was saved and is whole.
    pub(super) fn load(&self, tokens: &[LlamaToken]) -> Option<Vec<u8>> {
        let path = self.path(tokens)?;
        let file = match fs::read(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
            Err(error) => {
                tracing::warn!("cannot read the saved prompt {}: {error}", path.display());
                return None;
            }
        };
        let state = unpack(&file, tokens);
        match state {
            // Its time says when it was last of use.
            Some(_) => drop(
                fs::File::options().append(true).open(&path).and_then(|f| f.set_modified(SystemTime::now())),
            ),
            None => tracing::warn!("the saved prompt {} is damaged: it will be written anew", path.display()),
        }
        state.map(<[u8]>::to_vec)
    }

    /// Saves a state, in place of whatever lies there.
    pub(super) fn store(&self, tokens: &[LlamaToken], state: &[u8]) {
        if state.len() as u64 > self.max_bytes {
            return;
        }
        let Some(path) = self.path(tokens) else {
            return;
        };
        if let Err(error) = self.write(&path, tokens, state) {
            tracing::warn!("cannot keep a prompt in {}: {error}", self.folder.display());
        }
    }

    fn write(&self, path: &Path, tokens: &[LlamaToken], state: &[u8]) -> io::Result<()> {
        fs::create_dir_all(&self.folder)?;
        let mut file = tempfile::Builder::new().suffix(PARTIAL).tempfile_in(&self.folder)?;
        let length = (tokens.len() as u64).to_le_bytes();
        let mut digest = Sha256::new();
        for part in [&length[..], &bytes(tokens), state] {
            digest.update(part);
        }
        file.write_all(MAGIC)?;
        file.write_all(&digest.finalize())?;
        for part in [&length[..], &bytes(tokens), state] {
            file.write_all(part)?;
        }
        file.as_file().sync_all()?;
        file.persist(path).map_err(|error| error.error)?;
        self.shrink(path)
    }

    /// Removes the files that were of no use for longest until the rest fits.
    fn shrink(&self, keep: &Path) -> io::Result<()> {
        let mut files: Vec<(SystemTime, u64, PathBuf)> = Vec::new();
        for entry in fs::read_dir(&self.folder)?.flatten() {
            let path = entry.path();
            if path.to_string_lossy().ends_with(PARTIAL) && is_left_over(&entry) {
                // Another program may have removed it.
                let _ = fs::remove_file(&path);
                continue;
            }
            if path.extension().is_some_and(|extension| extension == EXTENSION)
                && let Ok(described) = entry.metadata()
            {
                files.push((described.modified()?, described.len(), path));
            }
        }
        let mut total: u64 = files.iter().map(|(_, length, _)| length).sum();
        files.sort();
        for (_, length, path) in files {
            if total <= self.max_bytes {
                break;
            }
            if path != keep && fs::remove_file(&path).is_ok() {
                total -= length;
            }
        }
        Ok(())
    }
}

/// Whether a file that is being written has been so for far too long: its
/// writer was killed.
fn is_left_over(entry: &fs::DirEntry) -> bool {
    let age = entry.metadata().and_then(|described| described.modified()).map(|time| time.elapsed());
    matches!(age, Ok(Ok(age)) if age > LONGEST_WRITE)
}

/// The state in a file, if all of the file is as it was written.
fn unpack<'a>(file: &'a [u8], tokens: &[LlamaToken]) -> Option<&'a [u8]> {
    let rest = file.strip_prefix(MAGIC)?;
    let (hash, rest) = rest.split_at_checked(HASH)?;
    if Sha256::digest(rest).as_slice() != hash {
        return None;
    }
    let (length, rest) = rest.split_at_checked(8)?;
    let rest = (length == (tokens.len() as u64).to_le_bytes()).then_some(rest)?;
    rest.strip_prefix(bytes(tokens).as_slice())
}

fn bytes(tokens: &[LlamaToken]) -> Vec<u8> {
    tokens.iter().flat_map(|token| token.0.to_le_bytes()).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn saved(folder: &Path, key: &'static str) -> Saved {
        Saved::new(folder, 1000, move || Ok(key.to_owned()))
    }

    fn tokens(ids: &[i32]) -> Vec<LlamaToken> {
        ids.iter().copied().map(LlamaToken).collect()
    }

    #[test]
    fn two_threads_may_keep_the_same_prompt_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let saved = saved(folder.path(), "model");
        let path = saved.path(&tokens(&[1, 2])).unwrap();
        std::thread::scope(|scope| {
            let write = || (0..50).try_for_each(|_| saved.write(&path, &tokens(&[1, 2]), b"state"));
            let both = [scope.spawn(write), scope.spawn(write)];
            both.into_iter().for_each(|one| one.join().unwrap().unwrap());
        });
        assert_eq!(saved.load(&tokens(&[1, 2])).unwrap(), b"state");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    fn files(folder: &Path) -> Vec<PathBuf> {
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect()
    }

    #[test]
    fn what_a_killed_program_left_half_written_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        let saved = saved(folder.path(), "model");
        for (name, age) in [("old.partial", 2 * LONGEST_WRITE), ("new.partial", Duration::ZERO)] {
            let file = fs::File::create(folder.path().join(name)).unwrap();
            file.set_modified(SystemTime::now() - age).unwrap();
        }
        saved.store(&tokens(&[1]), b"state");
        assert!(!folder.path().join("old.partial").exists());
        assert!(folder.path().join("new.partial").exists());
    }

    #[test]
    fn what_was_stored_is_loaded_by_its_model_and_prefix_only() {
        let folder = tempfile::tempdir().unwrap();
        let prefix = tokens(&[1, 2, 3]);
        saved(folder.path(), "a").store(&prefix, b"state");
        assert_eq!(saved(folder.path(), "a").load(&prefix).unwrap(), b"state");
        assert!(saved(folder.path(), "b").load(&prefix).is_none());
        assert!(saved(folder.path(), "a").load(&tokens(&[1, 2])).is_none());
    }

    #[test]
    fn a_damaged_file_is_ignored_and_written_anew() {
        let folder = tempfile::tempdir().unwrap();
        let (saved, prefix) = (saved(folder.path(), "a"), tokens(&[1, 2, 3]));
        saved.store(&prefix, b"state");
        let path = files(folder.path()).remove(0);
        let whole = fs::read(&path).unwrap();
        for at in 0..whole.len() {
            let mut damaged = whole.clone();
            damaged[at] ^= 0x10;
            fs::write(&path, &damaged).unwrap();
            assert!(saved.load(&prefix).is_none(), "byte {at}");
            fs::write(&path, &whole[..at]).unwrap();
            assert!(saved.load(&prefix).is_none(), "{at} bytes");
        }
        saved.store(&prefix, b"state");
        assert_eq!(saved.load(&prefix).unwrap(), b"state");
    }

    #[test]
    fn the_least_recently_used_make_room() {
        let folder = tempfile::tempdir().unwrap();
        let saved = saved(folder.path(), "a");
        for id in 0..3 {
            saved.store(&tokens(&[id]), &[0; 400]);
            std::thread::sleep(Duration::from_millis(20));
            if id == 1 {
                saved.load(&tokens(&[0])).unwrap();
                std::thread::sleep(Duration::from_millis(20));
            }
        }
        assert!(saved.load(&tokens(&[1])).is_none());
        assert!(saved.load(&tokens(&[0])).is_some() && saved.load(&tokens(&[2])).is_some());
        saved.store(&tokens(&[9]), &[0; 4000]);
        assert!(saved.load(&tokens(&[9])).is_none());
    }
}
