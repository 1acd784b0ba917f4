"""Runs ClusterFuzz's own libFuzzer engine on a good target and on one with a planted bug.

Called by fuzz/clusterfuzz-check with its scratch folder, in which `out/` is what build.sh has made and
`planted/` the target with the bug, and with the seconds that each may take. Exits with 1 if the good
target does not end clean, or the bug is not found or not reproduced.
"""

import os
import sys
import zipfile

import clusterfuzz.fuzz
from clusterfuzz.environment import Environment

GOOD = "decode"


def fuzz(program, corpus, found, seconds):
    """Fuzzes a program; gives the crashes, after each was run once more."""
    os.makedirs(corpus, exist_ok=True)
    os.makedirs(found)
    with Environment("libFuzzer", "address", program, interactive=True):
        engine = clusterfuzz.fuzz.get_engine("libFuzzer")
        options = engine.prepare(corpus, program, os.path.dirname(program))
        options.merge_back_new_testcases = False
        options.analyze_dictionary = False
        result = engine.fuzz(program, options, found, seconds)
        again = [
            (crash, engine.reproduce(program, crash.input_path, crash.reproduce_args, 60))
            for crash in result.crashes
        ]
    runs = result.stats.get("number_of_executed_units")
    print(f"{os.path.basename(program)}: {runs} executions, {len(again)} crashes")
    print("  " + " ".join(result.command))
    return again


def main(scratch, seconds):
    good = os.path.join(scratch, "out", GOOD)
    corpus = os.path.join(scratch, "corpus")
    with zipfile.ZipFile(good + "_seed_corpus.zip") as seeds:
        seeds.extractall(corpus)
    if fuzz(good, corpus, os.path.join(scratch, "found-good"), seconds):
        sys.exit("the good target did not end clean")

    planted = os.path.join(scratch, "planted", "planted")
    empty = os.path.join(scratch, "empty")
    crashes = fuzz(planted, empty, os.path.join(scratch, "found-planted"), seconds)
    if not crashes:
        sys.exit("the planted bug was not found")
    for crash, again in crashes:
        print(f"  found: {os.path.getsize(crash.input_path)} bytes")
        print(f"  reproduced: exit code {again.return_code}")
        said = [line for line in again.output.splitlines() if "needs V" in line]
        print("  " + "\n  ".join(said[:1]))
        if again.return_code == 0 or not said:
            sys.exit("the planted bug was not reproduced")
    print("the good target ended clean; the planted bug was found and reproduced")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
