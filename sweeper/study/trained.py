"""Which tasks the arms of a study train, where these are not all."""

from .study import Study


def trained_tasks(study: Study) -> dict[str, tuple[str, ...]]:
    """The tasks that an arm trains, in report order, of each arm that does not train all."""
    configs = {arm: study.config(arm, study.first_of(arm), study.spec.seeds[0]) for arm in study.spec.arms}
    return {arm: tuple(one.trained) for arm, one in configs.items() if one.objective != "overall"}
