"""What goes on while an exercise is watched, each in a thread of its own: saves come in (`saves`), keys come in
(`keys`), verdicts go out (`regrade`). `grader.commands.watch` brings them together."""
