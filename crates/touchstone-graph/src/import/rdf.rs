//! RDF files: Turtle, N-Triples, N-Quads, TriG, RDF/XML, JSON-LD.

use std::cell::RefCell;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::rc::Rc;
use std::sync::atomic::Ordering;

use oxigraph::io::{JsonLdProfileSet, RdfFormat, RdfParseError, RdfParser};

use super::{Sink, TOLD_SKIPS, source};
use crate::GraphError;

/// A statement of N-Triples or N-Quads; more is none.
const MAX_LINE_BYTES: usize = 16 * 1024 * 1024;

pub(super) fn read(path: &Path, sink: &mut Sink<'_>) -> Result<(), GraphError> {
    let opened = source::open(path)?;
    let file = path.display().to_string();
    let format = format_of(&opened.name).ok_or_else(|| GraphError::UnknownFormat { file: file.clone() })?;
    let mut parser = RdfParser::from_format(format);
    if let Some(graph) = sink.graph() {
        parser = parser.with_default_graph(graph.clone());
    }
    // Blank nodes of two files are never the same.
    parser = parser.rename_blank_nodes();
    sink.progress.bytes_total = opened.total;
    let by_line = matches!(format, RdfFormat::NTriples | RdfFormat::NQuads);
    let place = Rc::new(RefCell::new(Place::default()));
    let reader: Box<dyn Read> = if sink.options.skip_errors && by_line {
        Box::new(WholeLines::new(opened.reader, format, Rc::clone(&place)))
    } else if matches!(format, RdfFormat::RdfXml) {
        Box::new(ByLine { reader: BufReader::new(opened.reader), at_start: true, place: Rc::clone(&place) })
    } else {
        opened.reader
    };
    for quad in parser.for_reader(reader) {
        match quad {
            Ok(quad) => sink.add(quad)?,
            Err(RdfParseError::Syntax(error)) => {
                let line = error.location().map_or(place.borrow().line, |range| range.start.line + 1);
                sink.broken(&file, line, error)?;
            }
            Err(RdfParseError::Io(error)) => return Err(GraphError::unreadable(&file, error)),
        }
        sink.progress.bytes_read = opened.read.load(Ordering::Relaxed);
    }
    let place = place.borrow();
    for (line, reason) in &place.told {
        sink.broken(&file, *line, reason)?;
    }
    sink.report.skipped += place.broken - place.told.len() as u64;
    Ok(())
}

/// Where a reader is, and what it left out.
#[derive(Default)]
struct Place {
    line: u64,
    broken: u64,
    told: Vec<(u64, String)>,
}

/// Gives a parser that does not tell places one line at a time, so that the
/// last line given is the one it stumbled over.
struct ByLine {
    reader: BufReader<Box<dyn Read>>,
    at_start: bool,
    place: Rc<RefCell<Place>>,
}

impl Read for ByLine {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let available = self.reader.fill_buf()?;
        let line = available.iter().position(|b| *b == b'\n').map_or(available.len(), |at| at + 1);
        let count = line.min(buffer.len());
        buffer[..count].copy_from_slice(&available[..count]);
        self.reader.consume(count);
        if self.at_start && count > 0 {
            self.place.borrow_mut().line += 1;
        }
        if count > 0 {
            self.at_start = buffer[count - 1] == b'\n';
        }
        Ok(count)
    }
}

/// Leaves broken lines out before the parser sees them: one that recovers by
/// itself may take the lines after a missing quotation mark for broken too.
struct WholeLines {
    lines: source::Lines,
    format: RdfFormat,
    given: std::io::Cursor<Vec<u8>>,
    place: Rc<RefCell<Place>>,
}

impl WholeLines {
    fn new(reader: Box<dyn Read>, format: RdfFormat, place: Rc<RefCell<Place>>) -> WholeLines {
        let lines = source::Lines::new(reader, MAX_LINE_BYTES);
        WholeLines { lines, format, given: std::io::Cursor::default(), place }
    }

    fn problem(&self, line: &source::Line) -> Option<String> {
        match line {
            source::Line::Broken(reason) => Some(reason.clone()),
            source::Line::Text(text) => {
                let mut quads = RdfParser::from_format(self.format).for_slice(text.as_bytes());
                quads.find_map(|quad| quad.err().map(|error| error.to_string()))
            }
        }
    }
}

impl Read for WholeLines {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        loop {
            let count = self.given.read(buffer)?;
            if count > 0 || buffer.is_empty() {
                return Ok(count);
            }
            let Some((number, line)) = self.lines.next()? else { return Ok(0) };
            match (self.problem(&line), line) {
                (None, source::Line::Text(text)) => {
                    self.given = std::io::Cursor::new(format!("{text}\n").into_bytes())
                }
                (problem, _) => {
                    let mut place = self.place.borrow_mut();
                    place.broken += 1;
                    if place.told.len() < TOLD_SKIPS {
                        place.told.push((number, problem.unwrap_or_default()));
                    }
                }
            }
        }
    }
}

fn format_of(name: &str) -> Option<RdfFormat> {
    let extension = Path::new(name).extension()?.to_str()?.to_ascii_lowercase();
    Some(match extension.as_str() {
        "ttl" | "turtle" => RdfFormat::Turtle,
        "nt" | "ntriples" => RdfFormat::NTriples,
        "nq" | "nquads" => RdfFormat::NQuads,
        "trig" => RdfFormat::TriG,
        "rdf" | "xml" | "owl" => RdfFormat::RdfXml,
        "jsonld" | "json" => RdfFormat::JsonLd { profile: JsonLdProfileSet::empty() },
        _ => return None,
    })
}
