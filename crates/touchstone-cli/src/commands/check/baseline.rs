//! Claims that are known already and do not fail a check again.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::Path;

use anyhow::Context;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use touchstone_core::{Claim, Verdict};

use super::report::Document;

const VERSION: u32 = 1;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Baseline {
    version: u32,
    /// For each file the fingerprints of its claims that are not supported.
    files: BTreeMap<String, BTreeSet<String>>,
}

/// What a claim says and how it was judged, in which file: not where, so that
/// text above it may change.
pub(super) fn fingerprint(file: &str, claim: &Claim) -> String {
    let mut hash = Sha256::new();
    let words: Vec<&str> = claim.text.split_whitespace().collect();
    let verdict = match claim.verdict {
        Verdict::Supported => "supported",
        Verdict::Refuted => "refuted",
        Verdict::Unverifiable => "unverifiable",
    };
    for part in [file, &words.join(" "), verdict] {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    hash.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

impl Baseline {
    pub(super) fn read(path: &Path) -> anyhow::Result<Baseline> {
        let text =
            std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        let baseline: Baseline = serde_json::from_str(&text).with_context(|| {
            format!("{} is no baseline: make one with --write-baseline {}", path.display(), path.display())
        })?;
        if baseline.version != VERSION {
            anyhow::bail!(
                "{} is a baseline of version {}, this program reads version {VERSION}: make it anew with --write-baseline",
                path.display(),
                baseline.version
            );
        }
        Ok(baseline)
    }

    pub(super) fn empty() -> Baseline {
        Baseline { version: VERSION, files: BTreeMap::new() }
    }

    pub(super) fn mark(&self, document: &mut Document) {
        let file = document.file.clone().unwrap_or_default();
        let Some(known) = self.files.get(&file) else { return };
        for located in &mut document.claims {
            located.known = known.contains(&fingerprint(&file, &located.claim));
        }
    }

    pub(super) fn add(&mut self, document: &Document) {
        let file = document.file.clone().unwrap_or_default();
        let open = document.claims.iter().filter(|located| located.claim.verdict != Verdict::Supported);
        let prints = open.map(|located| fingerprint(&file, &located.claim));
        self.files.entry(file.clone()).or_default().extend(prints);
    }

    pub(super) fn write(&self, path: &Path) -> anyhow::Result<()> {
        let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let mut file = tempfile::NamedTempFile::new_in(folder)
            .with_context(|| format!("cannot write in {}", folder.display()))?;
        serde_json::to_writer_pretty(&mut file, self)?;
        file.write_all(b"\n")?;
        file.persist(path).with_context(|| format!("cannot write {}", path.display()))?;
        Ok(())
    }
}
