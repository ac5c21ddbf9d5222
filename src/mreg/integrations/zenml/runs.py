"""Where in ZenML something is made: the pipeline, the run and the step that is at work."""

from __future__ import annotations

import zenml
from zenml.model_registries.base_model_registry import ModelRegistryModelMetadata
from zenml.steps.step_context import StepContext

FIELDS = tuple(ModelRegistryModelMetadata.model_fields)
"""What ZenML has names for."""


def run_metadata() -> dict[str, str]:
    """Return what is to be said of the step that is running, by ZenML's names.

    It goes into the annotation of what a step makes, where that is to say it:

    >>> mreg.log_artifact("models/churn.pkl", custom={"zenml": run_metadata()})

    Returns:
        Nothing outside of a step.
    """
    at = StepContext.get()
    if at is None:
        return {}
    run = at.pipeline_run
    pipeline = run.pipeline
    found = {
        "zenml_version": zenml.__version__,
        "zenml_run_name": run.name,
        "zenml_pipeline_name": pipeline.name if pipeline else "",
        "zenml_pipeline_uuid": str(pipeline.id) if pipeline else "",
        "zenml_pipeline_run_uuid": str(run.id),
        "zenml_step_name": at.step_run.name,
        "zenml_project": run.project.name,
    }
    return {key: value for key, value in found.items() if value}
