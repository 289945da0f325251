use std::collections::{BTreeMap, HashSet};
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::EvalError;
use crate::questions::Question;
use crate::record::{Mode, Record};
use crate::summary::Summary;

const RECORDS: &str = "results.jsonl";
const INFO: &str = "run.json";
const SUMMARY: &str = "summary.json";

/// `run.json`: what a run was made with. A run is continued only with the
/// same.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RunInfo {
    /// Of the folder's files; 1 where it is not told.
    #[serde(default = "first_format")]
    pub format: u32,
    pub suite: String,
    pub split: String,
    pub mode: Mode,
    pub model: String,
    /// Of the sample, of the sampling of tokens and of the intervals.
    pub seed: u64,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub limit: Option<usize>,
    /// Questions.
    pub n: usize,
    pub data_sha256: String,
    /// Version and SHA-256 of the program.
    pub program: String,
    /// Hash of the model's file, state of the graph, limits, sampling.
    pub settings: BTreeMap<String, Value>,
    /// RFC 3339.
    pub started: String,
}

fn first_format() -> u32 {
    1
}

impl RunInfo {
    /// What this version writes and continues.
    pub const FORMAT: u32 = 2;

    /// The first thing in which a stored run differs that it has to have in
    /// common, with its value there and here.
    fn difference(&self, stored: &RunInfo, common: InCommon) -> Option<(String, String, String)> {
        let limit = |limit: Option<usize>| limit.map_or("none".to_owned(), |l| l.to_string());
        let mut pairs = vec![
            ("suite", stored.suite.clone(), self.suite.clone()),
            ("split", stored.split.clone(), self.split.clone()),
            ("mode", stored.mode.name().to_owned(), self.mode.name().to_owned()),
            ("seed", stored.seed.to_string(), self.seed.to_string()),
            ("limit", limit(stored.limit), limit(self.limit)),
            ("number of questions", stored.n.to_string(), self.n.to_string()),
            ("state of the data", stored.data_sha256.clone(), self.data_sha256.clone()),
        ];
        if common != InCommon::Questions {
            pairs.push(("model", stored.model.clone(), self.model.clone()));
        }
        if common == InCommon::Everything {
            pairs.push(("build of the program", stored.program.clone(), self.program.clone()));
        }
        let keys: HashSet<&String> = stored.settings.keys().chain(self.settings.keys()).collect();
        let mut keys: Vec<&String> = keys.into_iter().collect();
        keys.sort_unstable();
        let value =
            |info: &RunInfo, key: &String| info.settings.get(key).map_or("none".to_owned(), Value::to_string);
        let counts = |key: &str| match common {
            InCommon::Everything => true,
            InCommon::Generation => !RunInfo::CHECKING.contains(&key),
            InCommon::Questions => false,
        };
        for key in keys.into_iter().filter(|key| counts(key)) {
            pairs.push((key, value(stored, key), value(self, key)));
        }
        let (what, stored, now) = pairs.into_iter().find(|(_, stored, now)| stored != now)?;
        Some((what.to_owned(), stored, now))
    }

    /// The setting that tells the state of the graph.
    pub const GRAPH: &str = "graph";
    /// The setting that tells which share of the facts was left out.
    pub const KG_DROP: &str = "kg_drop";
    /// Settings of checking, on which plain answers do not depend, and of
    /// speed.
    const CHECKING: &[&str] = &[
        RunInfo::GRAPH,
        RunInfo::KG_DROP,
        "open",
        "reasoning",
        "deep",
        "max_repairs",
        "concurrency",
        "calibration",
        "withhold_below",
    ];
}

/// What a stored run and this one have to have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum InCommon {
    /// To be gone on with.
    Everything,
    /// All that plain answers depend on, so that only the checking differs.
    Generation,
    /// To be compared, whoever answers.
    Questions,
}

/// A file in a folder, to be added to by one program at a time, with what it
/// holds.
pub(crate) fn open_alone(dir: &Path, path: &Path) -> Result<(File, Vec<u8>), EvalError> {
    std::fs::create_dir_all(dir).map_err(EvalError::write(dir))?;
    let mut file =
        OpenOptions::new().create(true).read(true).append(true).open(path).map_err(EvalError::write(path))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Err(EvalError::InUse { folder: dir.to_owned() }),
        Err(TryLockError::Error(error)) => return Err(EvalError::write(path)(error)),
    }
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).map_err(EvalError::read(path))?;
    Ok((file, bytes))
}

/// The folder of a run: written line by line, so that nothing is lost when
/// the run ends early.
pub(crate) struct Results {
    dir: PathBuf,
    /// None for a finished baseline, which is only read.
    file: Option<File>,
    pub(crate) records: Vec<Record>,
    ids: HashSet<String>,
    /// Bytes of a half-written line that were removed.
    pub(crate) repaired: usize,
}

impl Results {
    /// Makes the folder, or continues the run that it holds.
    pub(crate) fn open(dir: &Path, info: &RunInfo, questions: &[Question]) -> Result<Results, EvalError> {
        let path = dir.join(RECORDS);
        let (mut file, mut bytes) = open_alone(dir, &path)?;
        match stored_info(dir)? {
            Some(stored) => same_run(dir, info, &stored, InCommon::Everything)?,
            None if bytes.is_empty() => {
                write_whole(&dir.join(INFO), &pretty(info))?;
            }
            None => return Err(EvalError::Foreign { folder: dir.to_owned() }),
        }
        // A line without its end was being written when the run ended.
        let whole = bytes.iter().rposition(|&byte| byte == b'\n').map_or(0, |last| last + 1);
        let repaired = bytes.len() - whole;
        if repaired > 0 {
            file.set_len(whole as u64).map_err(EvalError::write(&path))?;
            file.seek(SeekFrom::End(0)).map_err(EvalError::write(&path))?;
            bytes.truncate(whole);
        }
        let records = parse(&bytes, &path, Some(questions), info.mode)?;
        Ok(Results { repaired, ..Results::with(dir, Some(file), records) })
    }

    /// The plain answers to the same questions, where a run finished them,
    /// and the model that gave them.
    pub(crate) fn finished(
        dir: &Path,
        info: &RunInfo,
        questions: &[Question],
        common: InCommon,
    ) -> Result<Option<(Results, String)>, EvalError> {
        if !dir.join(SUMMARY).is_file() {
            return Ok(None);
        }
        let Some(stored) = stored_info(dir)? else {
            return Err(EvalError::Foreign { folder: dir.to_owned() });
        };
        same_run(dir, info, &stored, common)?;
        let path = dir.join(RECORDS);
        let bytes = std::fs::read(&path).map_err(EvalError::read(&path))?;
        let results = Results::with(dir, None, parse(&bytes, &path, Some(questions), info.mode)?);
        Ok((results.records.len() == questions.len()).then_some((results, stored.model)))
    }

    fn with(dir: &Path, file: Option<File>, records: Vec<Record>) -> Results {
        let ids = records.iter().map(|record| record.id.clone()).collect();
        Results { dir: dir.to_owned(), file, records, ids, repaired: 0 }
    }

    pub(crate) fn has(&self, id: &str) -> bool {
        self.ids.contains(id)
    }

    pub(crate) fn add(&mut self, record: Record) -> Result<(), EvalError> {
        let path = self.dir.join(RECORDS);
        let mut line = serde_json::to_vec(&record).map_err(|e| EvalError::write(&path)(e.into()))?;
        line.push(b'\n');
        if let Some(file) = &mut self.file {
            file.write_all(&line).map_err(EvalError::write(&path))?;
        }
        self.ids.insert(record.id.clone());
        self.records.push(record);
        Ok(())
    }

    pub(crate) fn finish(&self, summary: &Summary) -> Result<(), EvalError> {
        match self.file {
            Some(_) => write_whole(&self.dir.join(SUMMARY), &pretty(summary)),
            None => Ok(()),
        }
    }
}

fn same_run(dir: &Path, info: &RunInfo, stored: &RunInfo, common: InCommon) -> Result<(), EvalError> {
    match info.difference(stored, common) {
        None => Ok(()),
        Some((what, stored, now)) => Err(EvalError::OtherRun { folder: dir.to_owned(), what, stored, now }),
    }
}

fn stored_info(dir: &Path) -> Result<Option<RunInfo>, EvalError> {
    let path = dir.join(INFO);
    match std::fs::read(&path) {
        Ok(bytes) => {
            let info: RunInfo =
                serde_json::from_slice(&bytes).map_err(|_| EvalError::Foreign { folder: dir.to_owned() })?;
            match info.format {
                RunInfo::FORMAT => Ok(Some(info)),
                found => Err(EvalError::Version { folder: dir.to_owned(), found, known: RunInfo::FORMAT }),
            }
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(EvalError::read(&path)(error)),
    }
}

/// A run as it was left, for comparing and reporting.
#[derive(Clone, Debug)]
pub struct StoredRun {
    pub dir: PathBuf,
    pub info: RunInfo,
    /// Absent where the run is not finished.
    pub summary: Option<Summary>,
    pub records: Vec<Record>,
    /// The plain answers in the folder `plain` beneath.
    pub plain: Option<Vec<Record>>,
}

impl StoredRun {
    pub fn load(dir: &Path) -> Result<StoredRun, EvalError> {
        let Some(info) = stored_info(dir)? else { return Err(EvalError::NoRun { folder: dir.to_owned() }) };
        let records = stored_records(dir, info.mode)?;
        let path = dir.join(SUMMARY);
        let summary = match std::fs::read(&path) {
            Ok(bytes) => Some(
                serde_json::from_slice(&bytes)
                    .map_err(|error| EvalError::Summary { path, reason: error.to_string() })?,
            ),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
            Err(error) => return Err(EvalError::read(&path)(error)),
        };
        let beneath = dir.join("plain");
        let plain = match stored_info(&beneath)? {
            Some(plain) => Some(stored_records(&beneath, plain.mode)?),
            None => (info.mode == Mode::Plain).then(|| records.clone()),
        };
        Ok(StoredRun { dir: dir.to_owned(), info, summary, records, plain })
    }

    /// "touchstone, qwen2.5-coder-0.5b".
    pub fn name(&self) -> String {
        format!("{}, {}", self.info.mode.name(), self.info.model)
    }
}

fn stored_records(dir: &Path, mode: Mode) -> Result<Vec<Record>, EvalError> {
    let path = dir.join(RECORDS);
    let mut bytes = std::fs::read(&path).map_err(EvalError::read(&path))?;
    // A line without its end was being written when the run ended.
    bytes.truncate(bytes.iter().rposition(|&byte| byte == b'\n').map_or(0, |last| last + 1));
    parse(&bytes, &path, None, mode)
}

fn parse(
    bytes: &[u8],
    path: &Path,
    questions: Option<&[Question]>,
    mode: Mode,
) -> Result<Vec<Record>, EvalError> {
    let known: Option<HashSet<&str>> =
        questions.map(|questions| questions.iter().map(|question| question.id.as_str()).collect());
    let mut seen = HashSet::new();
    let mut records = Vec::new();
    for (text, line) in bytes.split(|&byte| byte == b'\n').zip(1..) {
        if text.is_empty() {
            continue;
        }
        let bad = |reason: String| EvalError::Record { path: path.to_owned(), line, reason };
        let record: Record = serde_json::from_slice(text).map_err(|error| bad(error.to_string()))?;
        if record.mode != mode {
            return Err(bad(format!("its mode is {}", record.mode.name())));
        }
        if known.as_ref().is_some_and(|known| !known.contains(record.id.as_str())) {
            return Err(bad(format!("the question {} is none of this run", record.id)));
        }
        if !seen.insert(record.id.clone()) {
            return Err(bad(format!("the question {} stands there already", record.id)));
        }
        records.push(record);
    }
    Ok(records)
}

pub(crate) fn pretty(value: &impl Serialize) -> Vec<u8> {
    // Types of ours with names for keys: nothing that JSON cannot write.
    let mut bytes = serde_json::to_vec_pretty(value).unwrap_or_default();
    bytes.push(b'\n');
    bytes
}

/// Written beside, then renamed: never half a file.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), EvalError> {
    let dir = path.parent().unwrap_or(Path::new("."));
    let error = EvalError::write(path);
    let written = tempfile::NamedTempFile::new_in(dir).and_then(|mut file| {
        file.write_all(bytes)?;
        file.as_file().sync_all()?;
        file.persist(path).map(|_| ()).map_err(|e| e.error)
    });
    written.map_err(error)
}
