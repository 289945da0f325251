use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use touchstone_graph::{QueryLimits, ResultFormat, Store};

use crate::settings::{ConfigFile, Layers, StoreFlags};
use crate::{input, output, parts};

/// Longer queries are a mistake.
const MAX_QUERY_BYTES: usize = 1 << 20;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// SPARQL 1.1; all named graphs are read together. `-` is standard input.
    #[arg(required_unless_present = "file")]
    query: Option<String>,
    /// Read the query from a file.
    #[arg(long, value_name = "FILE", conflicts_with = "query")]
    file: Option<PathBuf>,
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Rows; more are left out.
    #[arg(long, value_name = "N", default_value_t = 100_000)]
    limit: usize,
    /// Seconds that the query may take.
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    timeout: u64,
    #[command(flatten)]
    store: StoreFlags,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    #[default]
    Table,
    Json,
    Csv,
    Tsv,
}

pub(crate) fn run(arguments: Arguments, config: &ConfigFile) -> anyhow::Result<ExitCode> {
    let settings = Layers::new(config)?.flags(&arguments.store).settings()?;
    let query = match (arguments.query, arguments.file) {
        (Some(query), _) if query != "-" => query,
        (_, Some(file)) => input::read_text(&file, MAX_QUERY_BYTES)?,
        _ => input::read_text(Path::new("-"), MAX_QUERY_BYTES)?,
    };
    let limits = QueryLimits { time: Duration::from_secs(arguments.timeout), rows: arguments.limit };
    let store = Store::open_read_only(&parts::require_store(&settings)?)?;
    let format = match arguments.format {
        Format::Table => return table(&store, &query, limits),
        Format::Json => ResultFormat::Json,
        Format::Csv => ResultFormat::Csv,
        Format::Tsv => ResultFormat::Tsv,
    };
    // Gathered first: what fails half-way must not look like a result.
    let mut result = Vec::new();
    store.query_to(&query, limits, format, &mut result)?;
    if format == ResultFormat::Json {
        result.push(b'\n');
    }
    std::io::stdout().lock().write_all(&result)?;
    Ok(ExitCode::SUCCESS)
}

fn table(store: &Store, query: &str, limits: QueryLimits) -> anyhow::Result<ExitCode> {
    let result = store.query_table(query, limits)?;
    let mut table = output::table();
    table.set_header(&result.columns);
    for row in &result.rows {
        table.add_row(row.iter().map(|cell| output::plain(cell)));
    }
    let mut out = anstream::stdout().lock();
    writeln!(out, "{}", table.trim_fmt())?;
    let rows = result.rows.len();
    let cut = if result.cut { "; more were left out (--limit)" } else { "" };
    writeln!(out, "{rows} {}{cut}", if rows == 1 { "row" } else { "rows" })?;
    Ok(ExitCode::SUCCESS)
}
