use std::io::Write;
use std::process::ExitCode;

use crate::demo::{self, Outcome};
use crate::settings::{ConfigFile, Layers, StoreFlags, shown};
use crate::{interrupt, output, progress};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    store: StoreFlags,
}

pub(crate) fn run(arguments: &Arguments, config: &ConfigFile) -> anyhow::Result<ExitCode> {
    let dir = Layers::new(config)?.flags(&arguments.store).settings()?.store();
    interrupt::watch()?;
    let mut bar = progress::Bytes::new("demonstration graph");
    let outcome = demo::load(&dir, &mut |_, progress| bar.set(progress.bytes_read, progress.bytes_total));
    bar.finish();
    let mut out = anstream::stdout().lock();
    match outcome? {
        Outcome::Current => writeln!(out, "The demonstration graph is in {} already.", shown(&dir))?,
        Outcome::Loaded { quads } => {
            writeln!(
                out,
                "The demonstration graph is in {}: {} facts.",
                shown(&dir),
                output::grouped(quads)
            )?;
        }
    }
    Ok(ExitCode::SUCCESS)
}
