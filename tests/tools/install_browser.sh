#!/bin/sh
# Sees to a Chromium for the tests of the page. Installs Debian's where it may; where not, those tests say so and skip (an error under CI=true).
set -eu
command -v chromium >/dev/null && command -v chromedriver >/dev/null && exit 0
[ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || { echo 'No Chromium: tests of the page will be skipped.'; exit 0; }
echo 'Installing Chromium for the tests of the page …'
{ apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends chromium chromium-driver fonts-noto-cjk; } >/dev/null 2>&1 ||
  echo 'Chromium could not be installed: tests of the page will be skipped.'
