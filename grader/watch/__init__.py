"""What goes on while an exercise is watched, each in a thread of its own: `saves` notices saves, `keys` reads keys and
`regrade` grades. `grader.commands.watch` brings them together."""
