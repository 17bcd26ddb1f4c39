"""What goes on while an exercise is watched. `saves` notices saves, `keys` reads keys and `regrade` grades, each in a
thread of its own; a `scene` is what there is to tell, and either a `screen` (its `views` in a `window`) or plain
`lines` show it. `grader.commands.watch` brings them together."""
