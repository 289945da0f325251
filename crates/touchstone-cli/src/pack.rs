//! Domain packs: a folder that adds what a field needs to whatever graph is in
//! use, for one run.
//!
//! ```text
//! pack.toml                name, title, licence
//! graph/*                  RDF: ontology, facts, names and other labels
//! prompts/{en,zh}/examples.toml   worked examples
//! policies/*.toml          rules that texts and answers must keep
//! passages/                documents (Markdown, text)
//! ```

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use serde::Deserialize;
use touchstone_graph::model::{Literal, NamedNode, QuadRef};
use touchstone_graph::vocabulary::dcterms;
use touchstone_graph::{ImportOptions, ImportSource, Store};
use touchstone_server::PackInfo;

/// Names of a pack: part of an IRI.
const MAX_NAME: usize = 64;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Manifest {
    name: String,
    title: String,
    licence: String,
    #[serde(default, rename = "description")]
    _description: String,
}

#[derive(Debug)]
pub(crate) struct Pack {
    folder: PathBuf,
    manifest: Manifest,
}

impl Pack {
    pub(crate) fn open(folder: &Path) -> anyhow::Result<Pack> {
        let file = folder.join("pack.toml");
        let text = std::fs::read_to_string(&file).with_context(|| {
            format!("{} is no domain pack: it has no readable pack.toml", folder.display())
        })?;
        let manifest: Manifest =
            toml::from_str(&text).with_context(|| format!("{} is not a pack's manifest", file.display()))?;
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if manifest.name.is_empty() || manifest.name.len() > MAX_NAME || !manifest.name.chars().all(plain) {
            bail!(
                "{}: name = \"{}\" must be lower-case letters, digits and hyphens",
                file.display(),
                manifest.name
            );
        }
        if manifest.licence.trim().is_empty() {
            bail!("{}: say under which licence the pack is given (licence = \"…\")", file.display());
        }
        Ok(Pack { folder: folder.to_owned(), manifest })
    }

    pub(crate) fn title(&self) -> &str {
        &self.manifest.title
    }

    pub(crate) fn info(&self) -> PackInfo {
        let Manifest { name, title, licence, .. } = &self.manifest;
        PackInfo { name: name.clone(), title: title.clone(), licence: licence.clone() }
    }

    /// The pack's folder of that name, if it has one.
    pub(crate) fn part(&self, name: &str) -> Option<PathBuf> {
        Some(self.folder.join(name)).filter(|path| path.is_dir())
    }

    /// Loads the pack's graph; each file is imported whole or not at all.
    pub(crate) fn load(&self, store: &Store) -> anyhow::Result<()> {
        let Some(folder) = self.part("graph") else { return Ok(()) };
        let graph = NamedNode::new(format!("https://w3id.org/touchstone/pack/{}", self.manifest.name))?;
        let mut files: Vec<PathBuf> = std::fs::read_dir(&folder)
            .with_context(|| format!("cannot read {}", folder.display()))?
            .map(|entry| entry.map(|entry| entry.path()))
            .collect::<Result<_, _>>()?;
        files.retain(|path| path.is_file());
        files.sort();
        for file in files {
            let options = ImportOptions { graph: Some(graph.clone()), ..ImportOptions::default() };
            store
                .import(&ImportSource::Rdf(file.clone()), &options, &mut |_| ControlFlow::Continue(()))
                .with_context(|| format!("the pack {} cannot be loaded", self.folder.display()))?;
        }
        // Evidence names its source by this.
        store.change(|changes| {
            let title = Literal::new_simple_literal(self.title());
            changes.insert(QuadRef::new(&graph, dcterms::TITLE, &title, &graph));
            Ok(())
        })?;
        Ok(())
    }
}
