"""The rules: each looks at a case and names suspects. They are tried in this order, which also decides between two
suspects that are equally likely."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from grader.doctor.case import Case
from grader.doctor.rules import (
    functions,
    layers,
    losses,
    meetings,
    missing,
    movement,
    nonfinite,
    partial,
    raised,
    scaling,
    updates,
    zeros,
)
from grader.doctor.suspect import Suspect

Rule = Callable[[Case], Iterator[Suspect]]

RULES: tuple[Rule, ...] = (
    missing.find_lost_gradients,
    nonfinite.find_births_of_nonfinite,
    zeros.find_cancelling_gradients,
    zeros.find_zero_gradients,
    raised.find_raised_exceptions,
    functions.find_gradients_lost_by_compiling,
    functions.find_captured_constants,
    functions.find_constants_that_vary,
    functions.find_recomputed_draws,
    functions.find_wrong_custom_gradients,
    movement.find_idle_updates,
    movement.find_models_frozen_while_trained,
    movement.find_lists_older_than_variables,
    scaling.find_wrong_scales,
    updates.find_unapplied_gradients,
    updates.find_updates_of_copies,
    updates.find_misaligned_gradients,
    updates.find_gradients_misaligned_by_hand,
    updates.find_repeated_variables,
    updates.find_changed_gradients,
    updates.find_zero_rates,
    updates.find_stale_gradients,
    updates.find_remade_variables,
    updates.find_remade_optimizers,
    updates.find_kept_accumulators,
    updates.find_aliases,
    layers.find_empty_lists,
    layers.find_untracked_layers,
    layers.find_left_out_models,
    layers.find_frozen_layers,
    layers.find_layers_frozen_by_compile,
    layers.find_ignored_regularisers,
    layers.find_unstated_modes,
    meetings.find_clashes,
    losses.find_accidental_broadcasts,
    losses.find_softmax_over_rows,
    losses.find_vector_targets,
    losses.find_means_per_replica,
    losses.find_overwritten_losses,
    losses.find_double_activations,
    losses.find_wrong_logarithms,
    losses.find_complex_casts,
    losses.find_wrong_shapes,
    partial.find_parts_through_python,
    partial.find_added_parts_without_gradient,
    partial.find_parts_through_memory,
    partial.find_parts_beside_the_tape,
    partial.find_parts_before_the_watch,
)
