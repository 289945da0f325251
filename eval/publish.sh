#!/usr/bin/env bash
# Measures what eval/results holds, with and without checking, and writes it
# there:
#
#     eval/publish.sh DATA MODEL [QUESTIONS [PART...]]
#
# DATA holds the suites' data, MODEL is a name of `touchstone model list`,
# QUESTIONS the number asked of each suite (100). The parts are suites,
# coverage (the graph with holes) and conformal (promised against measured);
# all of them where none is named. What was finished is not measured again.
set -euo pipefail
cd "$(dirname "$0")/.."

DATA=${1:?give the folder of the data}
MODEL=${2:?give a model}
QUESTIONS=${3:-100}
shift $(($# < 3 ? $# : 3))
PARTS=${*:-suites coverage conformal}
TOUCHSTONE=${TOUCHSTONE:-target/release/touchstone}
RUNS=${RUNS:-eval-results}
RESULTS=eval/results

run() { # FOLDER SUITE [FLAG...]
    local folder=$RUNS/$1 suite=$2
    shift 2
    "$TOUCHSTONE" eval run "eval/suites/$suite.toml" --data "$DATA" --model "$MODEL" --out "$folder" "$@" >/dev/null
}

machine() {
    local cpu
    cpu=$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1)
    echo "$cpu, $(nproc) threads, no GPU; $("$TOUCHSTONE" --version)."
}

head_of() { # TITLE COMMAND
    printf '# %s\n\n%s\nMade by `%s`.\n\n' "$1" "$(machine)" "$2"
}

for part in $PARTS; do
    command="eval/publish.sh DATA $MODEL $QUESTIONS $part"
    case $part in
    suites)
        folders=()
        for suite in questions trivia metaqa pathquestion gsm8k-problems premises; do
            run "$MODEL-$suite" "$suite" --limit "$QUESTIONS"
            folders+=("$RUNS/$MODEL-$suite")
        done
        "$TOUCHSTONE" eval report "${folders[@]}" --markdown "$RUNS/$MODEL-suites.md" --html "$RUNS/$MODEL-suites.html" >/dev/null
        { head_of "$MODEL, with and without checking" "$command"; cat "$RUNS/$MODEL-suites.md"; } >"$RESULTS/$MODEL.md"
        ;;
    coverage)
        folders=()
        for drop in 0 0.1 0.3 0.5 0.7 0.9; do
            baseline=()
            # With facts missing, declarations that all are there would be false.
            [ "$drop" = 0 ] || baseline=(--open --plain "$RUNS/$MODEL-drop0/plain")
            run "$MODEL-drop$drop" questions --limit "$QUESTIONS" --kg-drop "$drop" "${baseline[@]}"
            folders+=("$RUNS/$MODEL-drop$drop")
        done
        "$TOUCHSTONE" eval report "${folders[@]}" --markdown "$RUNS/$MODEL-coverage.md" --html "$RUNS/$MODEL-coverage.html" >/dev/null
        { head_of "$MODEL over a graph with holes" "$command"; cat "$RUNS/$MODEL-coverage.md"; } >"$RESULTS/$MODEL-coverage.md"
        ;;
    conformal)
        {
            head_of "$MODEL, promised and measured" "$command"
            echo "Half of the suite's questions calibrate, the other half measures: of all questions, those that get a false answer."
            printf '\n| suite | promised at most | threshold | measured | answered |\n| --- | --- | --- | --- | --- |\n'
            for suite in questions; do
                folder=$RUNS/$MODEL-$suite-calibration
                "$TOUCHSTONE" eval calibrate "eval/suites/$suite.toml" --data "$DATA" --model "$MODEL" --limit "$QUESTIONS" --out "$folder" >/dev/null
                for rate in 0.1 0.05 0.02; do
                    run "$MODEL-$suite-max$rate" "$suite" --split test --limit "$QUESTIONS" --no-plain \
                        --calibration "$folder/calibration.json" --max-false-rate "$rate"
                    python3 - "$RUNS/$MODEL-$suite-max$rate/summary.json" "$suite" <<'PYTHON'
import json, sys

summary = json.load(open(sys.argv[1], encoding="utf-8"))
def share(metric):
    return f"{100 * metric['value']:.1f}% [{100 * metric['low']:.1f}–{100 * metric['high']:.1f}] of {metric['n']}"
made = summary["conformal"]
print(f"| {sys.argv[2]} | {100 * made['promised']:g}% | {made['threshold']:.3f} | {share(made['measured'])} | {share(summary['metrics']['coverage'])} |")
PYTHON
                done
            done
        } >"$RUNS/$MODEL-conformal.md"
        mv "$RUNS/$MODEL-conformal.md" "$RESULTS/$MODEL-conformal.md"
        ;;
    *)
        echo "there is no part $part: suites, coverage, conformal" >&2
        exit 2
        ;;
    esac
done
