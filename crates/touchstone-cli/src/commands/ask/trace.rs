//! Everything that happened, for whoever wants to know why.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::time::Instant;

use anyhow::Context;
use serde_json::{Value, json};
use touchstone_core::AskReport;
use touchstone_reason::Event;

pub(super) struct Trace {
    out: BufWriter<File>,
    begun: Instant,
}

impl Trace {
    pub(super) fn create(path: &Path) -> anyhow::Result<Trace> {
        let file =
            File::create(path).with_context(|| format!("cannot write the trace {}", path.display()))?;
        Ok(Trace { out: BufWriter::new(file), begun: Instant::now() })
    }

    pub(super) fn event(&mut self, event: &Event<'_>) -> io::Result<()> {
        match event {
            Event::Drafting { .. } => Ok(()),
            Event::Premises { claims } => self.write("premises", json!({ "claims": claims })),
            Event::Drafted { index, text } => self.write("drafted", json!({ "index": index, "text": text })),
            Event::Checked { index, claims } => {
                self.write("checked", json!({ "index": index, "claims": claims }))
            }
            Event::Rewound { index, draft, why } => {
                self.write("rewound", json!({ "index": index, "draft": draft, "why": why }))
            }
            Event::Revised { step } => self.write("revised", json!({ "step": step })),
            Event::Accepted { step } => self.write("accepted", json!({ "step": step })),
            Event::Answered { answer } => self.write("answer", json!({ "answer": answer })),
        }
    }

    /// The last line is the report.
    pub(super) fn finish(mut self, report: &AskReport) -> io::Result<()> {
        self.write("done", json!({ "report": report }))?;
        self.out.flush()
    }

    fn write(&mut self, event: &str, mut data: Value) -> io::Result<()> {
        data["event"] = event.into();
        data["seconds"] = self.begun.elapsed().as_secs_f64().into();
        serde_json::to_writer(&mut self.out, &data)?;
        writeln!(self.out)?;
        // A run that is broken off leaves what it did.
        self.out.flush()
    }
}
