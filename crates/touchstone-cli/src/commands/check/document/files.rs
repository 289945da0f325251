//! From the arguments to the files: folders are walked, patterns expanded.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

/// Extensions that a walk through a folder takes; a file that is named is
/// always taken.
const TAKEN: &[&str] =
    &["txt", "text", "md", "markdown", "mdx", "html", "htm", "xhtml", "rst", "adoc", "tex"];

/// The files to check, and those that were passed over.
#[derive(Debug, Default)]
pub(crate) struct Inputs {
    pub(crate) files: Vec<PathBuf>,
    /// Files in folders that are no documents by their name.
    pub(crate) passed_over: usize,
}

pub(crate) fn expand(arguments: &[PathBuf]) -> anyhow::Result<Inputs> {
    let mut inputs = Inputs::default();
    for argument in arguments {
        let text = argument.to_string_lossy();
        if text != "-" && !argument.exists() && text.contains(['*', '?', '[']) {
            let pattern = glob::glob(&text).with_context(|| format!("{text} is no pattern for files"))?;
            let mut found = 0;
            for path in pattern {
                let path = path.with_context(|| format!("cannot read what {text} names"))?;
                found += 1;
                add(&path, &mut inputs)?;
            }
            if found == 0 {
                bail!("no file fits {text}");
            }
        } else {
            add(argument, &mut inputs)?;
        }
    }
    let mut seen = std::collections::HashSet::new();
    inputs.files.retain(|file| seen.insert(file.clone()));
    Ok(inputs)
}

fn add(path: &Path, inputs: &mut Inputs) -> anyhow::Result<()> {
    if !path.is_dir() {
        inputs.files.push(path.to_owned());
        return Ok(());
    }
    let mut found = Vec::new();
    for entry in ignore::WalkBuilder::new(path).build() {
        let entry = entry.with_context(|| format!("cannot walk through {}", path.display()))?;
        if !entry.file_type().is_some_and(|kind| kind.is_file()) {
            continue;
        }
        let extension = entry.path().extension().and_then(|e| e.to_str()).unwrap_or_default();
        if TAKEN.contains(&extension.to_ascii_lowercase().as_str()) {
            found.push(entry.into_path());
        } else {
            inputs.passed_over += 1;
        }
    }
    if found.is_empty() {
        bail!("there is no text, Markdown or HTML file in {}", path.display());
    }
    found.sort();
    inputs.files.extend(found);
    Ok(())
}
