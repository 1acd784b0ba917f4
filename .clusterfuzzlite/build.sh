#!/usr/bin/env bash
# Builds every target into $OUT: the program, TARGET_seed_corpus.zip, TARGET.dict, TARGET.options.
#
#   SRC              the folder with the project in it, as `skewproof`
#   OUT              where everything goes
#   SANITIZER        address, none or coverage; address unless it is set
#   FUZZING_ENGINE   libfuzzer or afl; libfuzzer unless it is set
#
# The stack of a run is what the machine gives: unlike `skewproof fuzz`, neither options of libFuzzer nor
# ClusterFuzz can bound it.
#
# Needs cargo and cargo-fuzz (for afl, cargo-afl), and zip. Works outside a container too: see
# fuzz/clusterfuzz-check.
set -euo pipefail
: "${SRC:?}" "${OUT:?}"
sanitizer=${SANITIZER:-address}
engine=${FUZZING_ENGINE:-libfuzzer}
cd "$SRC/skewproof"

# The tool itself is a plain program, whatever the targets are built with.
tool() {
    env -u RUSTFLAGS -u CFLAGS -u CXXFLAGS cargo run --quiet --release --locked -- "$@"
}

# Prints the folder with the programs that cargo has built.
built_in() {
    local folder=${CARGO_TARGET_DIR:-fuzz/target}
    case $1 in
        libfuzzer) echo "$folder/$(rustc -vV | sed -n 's/^host: //p')/release" ;;
        afl) echo "$folder/release" ;;
    esac
}

case $engine-$sanitizer in
    # A stable compiler has the runtime of the sanitizer, and hides the option.
    libfuzzer-address) RUSTC_BOOTSTRAP=1 cargo fuzz build --sanitizer address ;;
    libfuzzer-none) cargo fuzz build --sanitizer none ;;
    libfuzzer-coverage)
        RUSTFLAGS="${RUSTFLAGS:-} -Cinstrument-coverage" cargo fuzz build --sanitizer none
        ;;
    afl-none) (cd fuzz && cargo afl build --release --features afl) ;;
    afl-address)
        (cd fuzz && RUSTC_BOOTSTRAP=1 RUSTFLAGS="${RUSTFLAGS:-} -Zsanitizer=address" \
            cargo afl build --release --features afl)
        ;;
    *)
        echo "build.sh: no way to build for the engine $engine with the sanitizer $sanitizer" >&2
        exit 2
        ;;
esac

mkdir -p "$OUT"
for target in $(cargo fuzz list); do
    cp "$(built_in "$engine")/$target" "$OUT/$target"
    rm -f "$OUT/${target}_seed_corpus.zip"
    (cd "corpus/$target" && zip -q -X "$OUT/${target}_seed_corpus.zip" -- * -x '*.md')
    tool corpus dictionary "$target" >"$OUT/$target.dict"
    # An empty dictionary is none.
    [[ -s $OUT/$target.dict ]] || rm "$OUT/$target.dict"
    {
        echo "[libfuzzer]"
        echo "max_len = $(tool corpus stats "$target" --format json | sed -n 's/.*"limit": "\([0-9]*\)".*/\1/p')"
        [[ ! -e $OUT/$target.dict ]] || echo "dict = $target.dict"
    } >"$OUT/$target.options"
done
