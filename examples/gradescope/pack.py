"""Makes the zip that Gradescope wants: this folder's scripts, and the course beside them.

python examples/gradescope/pack.py EXERCISE autograder.zip [--with-spec]
"""

import argparse
import tempfile
import zipfile
from pathlib import Path

from grader.authoring.release import release
from grader.course.catalogue import course_folder, find
from grader.course.files import make_zip, write_whole

HERE = Path(__file__).resolve().parent

options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
options.add_argument("exercise", help="the assignment's exercise: a number or a name")
options.add_argument("output", type=Path, help="the zip to write")
options.add_argument("--with-spec", action="store_true", help="hidden checks and solutions too; see docs/ci.md first")
chosen = options.parse_args()

course = course_folder(HERE)
exercise = find(chosen.exercise, course).id
with tempfile.TemporaryDirectory() as folder:
    kit = Path(folder, "kit.zip")
    release(course, kit, chosen.with_spec, names=[exercise])  # others may not be out yet
    with zipfile.ZipFile(kit) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
files["exercise"] = exercise.encode()
for script in ("setup.sh", "run_autograder", "choose.py"):
    files[script] = (HERE / script).read_bytes()
write_whole(chosen.output, make_zip(files))
print(f"{chosen.output}: upload it under Configure Autograder.")
