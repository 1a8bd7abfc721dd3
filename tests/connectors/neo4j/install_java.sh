#!/bin/sh
# Sees to Java and Maven for the Neo4j server of the tests. Installs Debian's where it may; where not, those tests say so and skip (an error under CI=true).
set -eu
command -v java >/dev/null && command -v mvn >/dev/null && exit 0
[ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || { echo 'No Java or Maven: tests of Neo4j will be skipped.'; exit 0; }
echo 'Installing Java and Maven for the tests of Neo4j …'
{ apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends default-jre-headless maven; } >/dev/null 2>&1 ||
  echo 'Java and Maven could not be installed: tests of Neo4j will be skipped.'
