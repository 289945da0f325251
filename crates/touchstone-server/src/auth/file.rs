use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};

use rand::Rng;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::Scope;

/// Letters of a key: it begins with what it is, as secret scanners like it.
const PREFIX: &str = "ts";
const ID_BYTES: usize = 6;
const SECRET_BYTES: usize = 32;

#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    #[error("cannot read the key file {path}: {reason}")]
    Read { path: PathBuf, reason: String },
    #[error("the key file {path} cannot be used: {reason}")]
    Invalid { path: PathBuf, reason: String },
    #[error("cannot write the key file {path}: {reason}; nothing was changed")]
    Write { path: PathBuf, reason: String },
    #[error("there is no key {id}: `touchstone key list` shows them")]
    Unknown { id: String },
}

/// A key as the file holds it: never the key itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyRecord {
    /// The public part, for logs and for taking the key back.
    pub id: String,
    /// For people.
    pub name: String,
    /// SHA-256 of the secret part, in hexadecimal. The secret has 256 random
    /// bits, so that a slow hash would add nothing.
    pub sha256: String,
    pub scopes: BTreeSet<Scope>,
    /// Requests in a minute; without it, no limit but the queue's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requests_per_minute: Option<u32>,
    /// Requests at a time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub concurrent: Option<u32>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyFile {
    #[serde(default, rename = "key")]
    pub keys: Vec<KeyRecord>,
}

/// What a new key is to allow.
#[derive(Clone, Debug)]
pub struct NewKey {
    pub name: String,
    pub scopes: BTreeSet<Scope>,
    pub requests_per_minute: Option<u32>,
    pub concurrent: Option<u32>,
}

impl KeyFile {
    pub fn load(path: &Path) -> Result<KeyFile, KeyError> {
        let text = std::fs::read_to_string(path)
            .map_err(|error| KeyError::Read { path: path.to_owned(), reason: error.to_string() })?;
        let invalid = |reason: String| KeyError::Invalid { path: path.to_owned(), reason };
        let file: KeyFile =
            toml::from_str(&text).map_err(|error| invalid(error.message().replace('\n', ", ")))?;
        for (index, key) in file.keys.iter().enumerate() {
            if file.keys[..index].iter().any(|other| other.id == key.id) {
                return Err(invalid(format!("two keys have the id {}", key.id)));
            }
            if decode(&key.sha256).is_none_or(|bytes| bytes.len() != 32) {
                return Err(invalid(format!("the key {} has no SHA-256 in hexadecimal", key.id)));
            }
            if key.requests_per_minute == Some(0) || key.concurrent == Some(0) {
                return Err(invalid(format!(
                    "the key {} has a limit of 0: take the key out instead",
                    key.id
                )));
            }
        }
        Ok(file)
    }

    /// Loads the file, or begins an empty one where there is none.
    pub fn load_or_new(path: &Path) -> Result<KeyFile, KeyError> {
        if path.exists() { KeyFile::load(path) } else { Ok(KeyFile::default()) }
    }

    /// Adds a key and returns it: it cannot be had again.
    pub fn add(&mut self, new: NewKey) -> String {
        let mut rng = rand::rng();
        let id = loop {
            let mut bytes = [0; ID_BYTES];
            rng.fill_bytes(&mut bytes);
            let id = encode(&bytes);
            if !self.keys.iter().any(|key| key.id == id) {
                break id;
            }
        };
        let mut bytes = [0; SECRET_BYTES];
        rng.fill_bytes(&mut bytes);
        let secret = encode(&bytes);
        let NewKey { name, scopes, requests_per_minute, concurrent } = new;
        let key = format!("{PREFIX}-{id}-{secret}");
        let sha256 = encode(&hash(&secret));
        self.keys.push(KeyRecord { id, name, sha256, scopes, requests_per_minute, concurrent });
        key
    }

    pub fn remove(&mut self, id: &str) -> Result<KeyRecord, KeyError> {
        match self.keys.iter().position(|key| key.id == id) {
            Some(at) => Ok(self.keys.remove(at)),
            None => Err(KeyError::Unknown { id: id.to_owned() }),
        }
    }

    /// Written beside and renamed, for its owner's eyes only.
    pub fn save(&self, path: &Path) -> Result<(), KeyError> {
        let failed = |reason: String| KeyError::Write { path: path.to_owned(), reason };
        let text = toml::to_string_pretty(self).map_err(|error| failed(error.to_string()))?;
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let folder = folder.unwrap_or(Path::new("."));
        std::fs::create_dir_all(folder).map_err(|error| failed(error.to_string()))?;
        // A temporary file is readable by its owner only, and stays so.
        let mut file = tempfile::NamedTempFile::new_in(folder).map_err(|error| failed(error.to_string()))?;
        file.write_all(text.as_bytes()).map_err(|error| failed(error.to_string()))?;
        file.as_file().sync_all().map_err(|error| failed(error.to_string()))?;
        file.persist(path).map_err(|error| failed(error.to_string()))?;
        Ok(())
    }
}

/// Id and secret of a key as a client sends it.
pub(super) fn parts(key: &str) -> Option<(&str, &str)> {
    key.strip_prefix(PREFIX)?.strip_prefix('-')?.split_once('-')
}

pub(super) fn hash(secret: &str) -> [u8; 32] {
    Sha256::digest(secret.as_bytes()).into()
}

fn encode(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(super) fn decode(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) || !text.is_ascii() {
        return None;
    }
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn new(name: &str) -> NewKey {
        NewKey {
            name: name.into(),
            scopes: BTreeSet::from([Scope::Ask]),
            requests_per_minute: None,
            concurrent: Some(2),
        }
    }

    #[test]
    fn the_file_holds_no_secret_and_comes_back_as_it_was() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("keys.toml");
        let mut file = KeyFile::load_or_new(&path).unwrap();
        let key = file.add(new("press"));
        file.save(&path).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        let (id, secret) = parts(&key).unwrap();
        assert!(text.contains(id) && !text.contains(secret), "{text}");
        let again = KeyFile::load(&path).unwrap();
        assert_eq!(again, file);
        assert_eq!(decode(&again.keys[0].sha256).unwrap(), hash(secret));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o077, 0);
        }
    }

    #[test]
    fn a_broken_file_is_refused_with_its_reason() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("keys.toml");
        for text in [
            "[[key]]\nid = \"a\"",
            "[[key]]\nid = \"a\"\nname = \"\"\nsha256 = \"zz\"\nscopes = []",
            "[[key]]\nid = \"a\"\nname = \"\"\nsha256 = \"00\"\nscopes = [\"fly\"]",
        ] {
            std::fs::write(&path, text).unwrap();
            assert!(matches!(KeyFile::load(&path), Err(KeyError::Invalid { .. })), "{text}");
        }
    }
}
