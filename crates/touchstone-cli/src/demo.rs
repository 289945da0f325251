//! The demonstration graph that is part of the program.

use std::path::{Path, PathBuf};

use anyhow::Context;
use sha2::{Digest, Sha256};
use touchstone_graph::model::{GraphName, Literal, NamedNode, NamedNodeRef, Quad, Term};
use touchstone_graph::vocabulary::meta;
use touchstone_graph::{ImportOptions, ImportProgress, ImportSource, Store};

use crate::interrupt;

const ONTOLOGY: &[u8] = include_bytes!("../../../kg/ontology.ttl");
const FACTS: &[u8] = include_bytes!("../../../kg/facts.nq.zst");
const ONTOLOGY_GRAPH: &str = "https://w3id.org/touchstone/world/graph/ontology";
/// Which demonstration graph a store holds, by its hash.
const VERSION: NamedNodeRef<'static> =
    NamedNodeRef::new_unchecked("https://w3id.org/touchstone/ns#demonstration");

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Current,
    Loaded { quads: u64 },
}

/// Loads the demonstration graph into the store in `dir`, which is made where
/// it is missing; one that is there keeps its other graphs.
pub(crate) fn load(dir: &Path, watch: &mut dyn FnMut(&str, ImportProgress)) -> anyhow::Result<Outcome> {
    if dir.join("CURRENT").exists() {
        if held(&Store::open_read_only(dir)?)?.as_deref() == Some(version().as_str()) {
            return Ok(Outcome::Current);
        }
        let parent = tempfile::tempdir()?;
        return fill(&Store::open(dir)?, parent.path(), watch);
    }
    let above =
        dir.parent().filter(|p| !p.as_os_str().is_empty()).map_or_else(|| PathBuf::from("."), Path::to_owned);
    std::fs::create_dir_all(&above).with_context(|| format!("cannot make the folder {}", above.display()))?;
    // Built beside its place, so that what is broken off leaves no half store.
    let beside = tempfile::Builder::new()
        .prefix(".touchstone-demo-")
        .tempdir_in(&above)
        .with_context(|| format!("cannot write to {}", above.display()))?;
    let fresh = beside.path().join("store");
    let outcome = fill(&Store::create_or_open(&fresh)?, beside.path(), watch)?;
    // An empty folder in the place may go; one with content makes this fail.
    let _ = std::fs::remove_dir(dir);
    std::fs::rename(&fresh, dir).with_context(|| format!("cannot put the store into {}", dir.display()))?;
    Ok(outcome)
}

fn fill(
    store: &Store,
    folder: &Path,
    watch: &mut dyn FnMut(&str, ImportProgress),
) -> anyhow::Result<Outcome> {
    let mut quads = 0;
    let ontology = NamedNode::new(ONTOLOGY_GRAPH)?;
    for (name, bytes, graph) in [("ontology.ttl", ONTOLOGY, Some(ontology)), ("facts.nq.zst", FACTS, None)] {
        let file = folder.join(name);
        std::fs::write(&file, bytes).with_context(|| format!("cannot write to {}", folder.display()))?;
        let options = ImportOptions { graph, replace: true, ..ImportOptions::default() };
        let mut told = |progress: ImportProgress| {
            watch(name, progress);
            interrupt::flow()
        };
        quads += store.import(&ImportSource::Rdf(file), &options, &mut told)?.quads;
    }
    let before = held(store)?;
    store.change(|transaction| {
        if let Some(before) = before {
            transaction.remove(mark(&before).as_ref());
        }
        transaction.insert(mark(&version()).as_ref());
        Ok(())
    })?;
    // Else every reader would replay the whole log when it opens the store.
    store.inner().optimize()?;
    Ok(Outcome::Loaded { quads })
}

fn held(store: &Store) -> anyhow::Result<Option<String>> {
    let mut marks = store.inner().quads_for_pattern(
        Some(meta::STORE.into()),
        Some(VERSION),
        None,
        Some(meta::GRAPH.into()),
    );
    Ok(match marks.next().transpose()?.map(|quad| quad.object) {
        Some(Term::Literal(literal)) => Some(literal.value().to_owned()),
        _ => None,
    })
}

fn mark(version: &str) -> Quad {
    Quad::new(
        meta::STORE.into_owned(),
        VERSION.into_owned(),
        Literal::from(version),
        GraphName::from(NamedNode::from(meta::GRAPH)),
    )
}

fn version() -> String {
    let mut hash = Sha256::new();
    for bytes in [ONTOLOGY, FACTS] {
        hash.update(Sha256::digest(bytes));
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}
