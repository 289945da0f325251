//! The lexicon beside its store: opened where it fits, else built and written
//! for the next process.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Instant;

use super::image::{Image, Unusable};
use super::{Lexicon, build};
use crate::ontology::Ontology;
use crate::{GraphError, Store};

const FILE: &str = "touchstone.lexicon";

impl Lexicon {
    /// The lexicon of the store as it is now: mapped from its file, if that
    /// was built from the same state of the store, else built anew. A store
    /// in memory, or in a folder that cannot be written to, has it in memory.
    pub fn open(store: &Store, ontology: &Ontology) -> Result<Lexicon, GraphError> {
        let Some(path) = store.path().map(|folder| folder.join(FILE)) else {
            return Lexicon::build(store, ontology);
        };
        let started = Instant::now();
        let phrases = build::Phrases::of(ontology);
        let key = build::key(store, &phrases)?;
        match Image::open(&path, key).map(Lexicon::new) {
            Ok(lexicon) => {
                tracing::debug!(file = %path.display(), seconds = started.elapsed().as_secs_f64(), "lexicon mapped");
                return Ok(lexicon);
            }
            Err(Unusable::Io(error)) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(reason) => tracing::debug!(file = %path.display(), %reason, "lexicon is built anew"),
        }
        let image = build::image(store, ontology, phrases, key)?;
        let image = match write(&path, &image).and_then(|()| Image::open(&path, key)) {
            Ok(mapped) => mapped,
            Err(reason) => {
                tracing::debug!(file = %path.display(), %reason, "lexicon stays in memory");
                image
            }
        };
        tracing::debug!(seconds = started.elapsed().as_secs_f64(), "lexicon built");
        Ok(Lexicon::new(image))
    }

    /// Where the lexicon of a store lies.
    pub fn file(store: &Store) -> Option<PathBuf> {
        store.path().map(|folder| folder.join(FILE))
    }
}

/// Never changes a file that others may have mapped: the new one is written
/// beside it and takes its name when it is whole.
fn write(path: &Path, image: &Image) -> Result<(), Unusable> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::Builder::new().prefix(FILE).suffix(".new").tempfile_in(folder)?;
    file.write_all(image.bytes())?;
    file.as_file().sync_all()?;
    // Who may read the store may read this.
    file.as_file().set_permissions(std::fs::metadata(folder.join("CURRENT"))?.permissions())?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}
