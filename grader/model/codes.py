"""Diagnostic codes: the stable number of each cause, and what it is called among people.

Codes are append-only: courses and search engines depend on them. The page of a code is docs/codes/GRADnnn.md.
"""

from __future__ import annotations

CAUSES: tuple[str, ...] = (
    "outside_tape",
    "detached_numpy",
    "nondifferentiable_op",
    "stateful_write",
    "predict_in_tape",
    "tape_reused",
    "not_watched",
    "untracked_layer",
    "unused_variable",
    "untrainable",
    "sampling_not_reparameterised",
    "missing_stop_gradient",
    "stop_gradient",
    "rewrapped_in_variable",
    "replaced_variable",
    "integer_dtype",
    "external_code",
    "missing_gradient_registration",
    "tensorarray_not_reassigned",
    "tf_function_variable_creation",
    "tf_function_constant_capture",
    "optimizer_misuse",
    "mixed_precision_scaling",
    "keras3_api_change",
    "training_flag",
    "broadcast",
    "double_activation",
    "missing_custom_gradient",
    "wrong_custom_gradient",
    "missing_loss_term",
    "vector_target_summed",
    "sparse_gradient",
    "iterator_exhausted",
    "grads_misaligned",
    "swapped_variables",
    "aliased_model",
    "singular_point",
    "nan_branch",
    "inf_mask",
    "saturated",
    "dead_units",
    "complex_cast",
    "wrong_reduction",
    "wrong_target",
    "masked_none",
    "exception",
    "unexplained",
)

NOT_FINITE = frozenset({"singular_point", "nan_branch", "inf_mask"})  # what makes a gradient NaN or infinite

CODES: dict[str, str] = {cause: f"GRAD{number:03}" for number, cause in enumerate(CAUSES, start=1)}
CAUSE_OF: dict[str, str] = {code: cause for cause, code in CODES.items()}
