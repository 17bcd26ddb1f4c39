#!/usr/bin/env bash
# Grades what was handed in since the last time; says nothing unless something went wrong, so that cron sends no mail.
# In a crontab:  */15 * * * * /srv/gradient-clinic/examples/cron/grade.sh /srv/submissions /srv/graded
set -euo pipefail

submissions=$1
graded=$2
course=$(cd "$(dirname "$0")/../.." && pwd)
python=${GRADER_PYTHON:-$course/.venv/bin/python}

mkdir -p "$graded"
exec 9> "$graded/.cron.lock"
flock --nonblock 9 || exit 0 # the last one is still at work
cd "$course"
code=0
"$python" -m grader batch "$submissions" --output "$graded" > "$graded/last.log" 2>&1 9>&- || code=$?
[ "$code" -eq 0 ] || cat "$graded/last.log" >&2
exit "$code"
