#!/bin/sh
# Accuracy and speed of the local classifier on CLINC150 (15,000 training
# texts of 150 intents, 4,500 in-scope and 1,000 out-of-scope test texts).
#
# usage: test/bench/classify.sh [clinc150.json]
#
# The server is the one psql finds by its environment (PGHOST, PGPORT,
# PGDATABASE …), with the extension installed.  The data set is not part of
# the repository: the argument, $CLINC150 or ../shared/data/clinc150.json names
# it; without it the bench is skipped.  Everything it stores is rolled back.
set -eu

root=$(cd "$(dirname "$0")/../.." && pwd)
clinc=${1:-${CLINC150:-$root/../shared/data/clinc150.json}}
psql=${PSQL:-psql}

if [ ! -r "$clinc" ]; then
	echo "classify: skipped, no data set at $clinc (set CLINC150)"
	exit 0
fi

CLINC=$clinc exec "$psql" -X -q -A -t -v ON_ERROR_STOP=1 -f "$root/test/bench/classify.sql"
