//! Writing the graph out, in a stable order.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use oxigraph::io::{JsonLdProfileSet, RdfFormat, RdfSerializer};
use oxigraph::model::{GraphName, GraphNameRef, NamedNode, Quad};

use crate::vocabulary::meta;
use crate::{GraphError, Store};

/// Zstandard's level for files that are written once and read often.
const ZSTD_LEVEL: i32 = 19;

impl Store {
    /// Writes all facts, or those of one named graph, sorted, to a file whose
    /// name says the format (.nq, .trig, .nt, .ttl, .rdf, .jsonld; .gz, .zst).
    /// The file is written beside its place and renamed. What the store says
    /// of itself is left out. Returns how many quads were written.
    pub fn export(&self, path: &Path, graph: Option<&NamedNode>) -> Result<u64, GraphError> {
        let file = path.display().to_string();
        let failed = |e: std::io::Error| GraphError::unreadable(&file, e);
        let name = path.to_string_lossy();
        let plain = name.strip_suffix(".gz").or_else(|| name.strip_suffix(".zst")).unwrap_or(&name);
        let format = match Path::new(plain).extension().and_then(|e| e.to_str()) {
            Some("nq") => RdfFormat::NQuads,
            Some("trig") => RdfFormat::TriG,
            Some("nt") => RdfFormat::NTriples,
            Some("ttl") => RdfFormat::Turtle,
            Some("rdf") => RdfFormat::RdfXml,
            Some("jsonld") => RdfFormat::JsonLd { profile: JsonLdProfileSet::empty() },
            _ => return Err(GraphError::UnknownFormat { file }),
        };
        if graph.is_none() && !format.supports_datasets() {
            return Err(GraphError::unreadable(
                &file,
                "this format holds one graph only: choose one with --graph, or use .nq, .trig or .jsonld",
            ));
        }
        let mut quads = self.sorted_quads(graph)?;
        if graph.is_some() && !format.supports_datasets() {
            for quad in &mut quads {
                quad.graph_name = GraphName::DefaultGraph;
            }
        }
        let beside = path.with_extension("part");
        let out = BufWriter::new(File::create(&beside).map_err(failed)?);
        let written = if name.ends_with(".gz") {
            let mut encoder = flate2::write::GzEncoder::new(out, flate2::Compression::best());
            serialize(&quads, format, &mut encoder)
                .and_then(|()| encoder.finish())
                .and_then(|mut w| w.flush())
        } else if name.ends_with(".zst") {
            zstd::Encoder::new(out, ZSTD_LEVEL).and_then(|mut encoder| {
                serialize(&quads, format, &mut encoder)?;
                encoder.finish()?.flush()
            })
        } else {
            let mut out = out;
            serialize(&quads, format, &mut out).and_then(|()| out.flush())
        };
        let result = written.and_then(|()| std::fs::rename(&beside, path));
        if result.is_err() {
            // What was begun is of no use to anyone.
            let _ = std::fs::remove_file(&beside);
        }
        result.map_err(failed)?;
        Ok(quads.len() as u64)
    }

    fn sorted_quads(&self, graph: Option<&NamedNode>) -> Result<Vec<Quad>, GraphError> {
        let wanted = graph.map(|g| GraphNameRef::NamedNode(g.as_ref()));
        let mut quads = Vec::new();
        for quad in self.inner().quads_for_pattern(None, None, None, wanted) {
            let quad = quad?;
            if quad.graph_name.as_ref() != GraphNameRef::NamedNode(meta::GRAPH) {
                quads.push(quad);
            }
        }
        quads.sort_by_cached_key(ToString::to_string);
        Ok(quads)
    }
}

fn serialize(quads: &[Quad], format: RdfFormat, out: &mut dyn Write) -> std::io::Result<()> {
    let mut writer = RdfSerializer::from_format(format).for_writer(out);
    for quad in quads {
        writer.serialize_quad(quad)?;
    }
    writer.finish()?;
    Ok(())
}
