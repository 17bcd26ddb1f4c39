"""What flows through the pipeline: plain, frozen data and nothing else.

    Exercise + notebook --execute--> Run --probe--> Evidence --judge--> Verdict --report--> text, HTML, JSON

Read in this order, its three modules are the product's vocabulary. They import nothing of ours and do no I/O. What a
contract names is a `Literal` of strings, so that a typo in a comparison is mypy's to find.
Cells count code cells from 1, lines count from 1 inside their cell, columns count characters from 0.
"""

from .exercise import (
    REVEALS,
    Bug,
    CheckSpec,
    Contract,
    Exercise,
    Limits,
    Reveal,
    Spec,
    number_of,
)
from .run import (
    DEVICES,
    Array,
    Cell,
    CellError,
    CellStatus,
    Device,
    Environment,
    Evidence,
    GradientCall,
    GradientKind,
    GradientRecord,
    LimitHit,
    Probe,
    Run,
    RunStatus,
    Tree,
)
from .verdict import (
    FITTING,
    Check,
    CheckStatus,
    Comparison,
    Finding,
    Match,
    Notes,
    Severity,
    Status,
    Timing,
    Verdict,
)

__all__ = [
    "DEVICES",
    "FITTING",
    "REVEALS",
    "Array",
    "Bug",
    "Cell",
    "CellError",
    "CellStatus",
    "Check",
    "CheckSpec",
    "CheckStatus",
    "Comparison",
    "Contract",
    "Device",
    "Environment",
    "Evidence",
    "Exercise",
    "Finding",
    "GradientCall",
    "GradientKind",
    "GradientRecord",
    "LimitHit",
    "Limits",
    "Match",
    "Notes",
    "Probe",
    "Reveal",
    "Run",
    "RunStatus",
    "Severity",
    "Spec",
    "Status",
    "Timing",
    "Tree",
    "Verdict",
    "number_of",
]
