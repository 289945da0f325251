#!/usr/bin/env bash
# Tokens per second and time to the first token with an NVIDIA GPU, against
# the same program on the processor and against llama.cpp's own benchmark.
#
#   eval/gpu.sh MODEL.gguf > gpu.txt
#
# LLAMA_BENCH names llama.cpp's llama-batched-bench, built with CUDA from the
# same sources; without it that comparison is left out, and the output says so.
set -euo pipefail
cd "$(dirname "$0")/.."

model=${1:?give the path of a GGUF file}
sequences=${SEQUENCES:-1,8,32,128}
prompt=${PROMPT_TOKENS:-128}
tokens=${TOKENS:-64}

if ! command -v nvidia-smi > /dev/null || ! gpu=$(nvidia-smi --query-gpu=name,memory.total --format=csv,noheader 2> /dev/null); then
    echo "no NVIDIA GPU was found on this machine: nothing was measured" >&2
    exit 3
fi
if ! command -v nvcc > /dev/null; then
    echo "there is a GPU ($gpu) but no CUDA compiler (nvcc): nothing was measured" >&2
    exit 3
fi

cargo build --release -p touchstone-llama --features cuda --example throughput >&2
program=${CARGO_TARGET_DIR:-target}/release/examples/throughput

echo "# GPU: $gpu"
echo "# model: $(basename "$model"), prompts of about $prompt tokens, $tokens generated"
echo "# touchstone, all layers on the GPU"
"$program" "$model" "$sequences" "$prompt" "$tokens"
echo "# touchstone, the same program on the processor"
"$program" "$model" "$sequences" "$prompt" "$tokens" 0
if [ -n "${LLAMA_BENCH:-}" ]; then
    most=${sequences##*,}
    echo "# llama.cpp: llama-batched-bench"
    "$LLAMA_BENCH" -m "$model" -c $((most * (prompt + tokens + 64))) -b 512 -ub 512 -ngl 999 \
        -npp "$prompt" -ntg "$tokens" -npl "$sequences" --output-format jsonl
else
    echo "# llama.cpp: not measured, LLAMA_BENCH is not set"
fi
