#!/usr/bin/env bash
# Makes the default model from nothing: corpus, tokenizer, pretraining, fine-tuning, two reward models, rejection sampling, PPO, 8 bits.
# usage: rebuild.sh [FOLDER [THREADS]]    Stopped at any moment it goes on from there when it is called again with the same folder.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
out=${1:-$root/artifacts/fable}
dotnet run -c Release --project "$root/samples/Training" -- all --out "$out" --threads "${2:-2}"
cp "$out/export/stories.gguf" "$here/fable.gguf"
for stage in pretrain sft reward-helpfulness ppo; do
    cp "$out/$stage/curves.png" "$here/$stage.png"
done
