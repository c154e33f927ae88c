"""The JSON Schema of a study file, for editors."""

from typing import Any

from model.config import TrainConfig

from .settings import SHORT_NAMES, field_path
from .spec import StudySpec

Schema = dict[str, Any]


def study_schema() -> Schema:
    """The schema of a study file, its settings spelled out from TrainConfig's fields.

    It is a little wider than what `load_study` takes: it knows no workload, so it cannot tell which tasks
    exist, nor which settings go together.
    """
    schema = StudySpec.model_json_schema()
    settings = TrainConfig.model_json_schema()
    definitions = {name: settings["$defs"][name] for name in ("EncoderConfig", "SmartConfig", "Task")}
    # A study names single fields of a task; the rest of it stands in the workload.
    definitions["Task"].pop("required")
    definitions["Task"]["properties"]["source"] = {"type": "object"}
    names, patterns = _fields(settings["properties"], definitions)
    definitions["Settings"] = _closed(names, patterns)
    for name in ("PrunerSpec", "SamplerSpec"):
        definitions[name] = schema["$defs"][name]
    properties = schema["properties"]
    properties["base"] = _described(properties["base"]) | {"$ref": "#/$defs/Settings"}
    (arm_name,) = properties["arms"]["patternProperties"]
    properties["arms"]["patternProperties"] = {arm_name: {"$ref": "#/$defs/Settings"}}
    properties["enqueue"]["items"] = _closed(names, patterns)
    properties["objective"]["anyOf"][1] |= {"minItems": 2, "uniqueItems": True}
    properties["space"] = _described(properties["space"]) | _closed(
        {name: _entry(field) for name, field in names.items() if "$ref" not in field},
        {name: _entry(field) for name, field in patterns.items() if "$ref" not in field},
    )
    return schema | {"$schema": "https://json-schema.org/draft/2020-12/schema", "$defs": definitions}


def _closed(names: Schema, patterns: Schema) -> Schema:
    return {
        "type": "object",
        "properties": names,
        "patternProperties": patterns,
        "additionalProperties": False,
    }


def _described(field: Schema) -> Schema:
    return {"description": field["description"]} if "description" in field else {}


def _fields(top: Schema, definitions: Schema) -> tuple[Schema, Schema]:
    """Schemas of the settings by name, and of those of any task by pattern."""
    names = {name: field for name, field in top.items() if name not in ("seed", "tasks")}
    for group, field in list(names.items()):
        below = definitions.get(field.get("$ref", "").rpartition("/")[2], {})
        names |= {f"{group}.{name}": inner for name, inner in below.get("properties", {}).items()}
    task = definitions["Task"]["properties"]
    names |= {short: task[field_path(short)[-1]] for short in SHORT_NAMES}
    patterns: Schema = {rf"^tasks\.\w+\.{name}$": field for name, field in task.items()}
    patterns |= {r"^tasks\.\w+$": {"$ref": "#/$defs/Task"}, r"^tasks\.\w+\.source\.\w+$": {}}
    return names, patterns


def _entry(field: Schema) -> Schema:
    """Schema of an entry of `space`: choices of the field's type and, for a number, a range."""
    value = {name: rule for name, rule in field.items() if name not in ("default", "description", "title")}
    choices = {"type": "array", "items": value, "minItems": 1, "uniqueItems": True}
    numbers = [
        option for option in value.get("anyOf", [value]) if option.get("type") in ("number", "integer")
    ]
    if not numbers:
        return _described(field) | choices
    number = numbers[0]
    step = {"type": number["type"], "exclusiveMinimum": 0}
    span = {
        "type": "object",
        "properties": {"low": number, "high": number, "log": {"type": "boolean"}, "step": step},
        "required": ["low", "high"],
        "additionalProperties": False,
    }
    return _described(field) | {"anyOf": [choices, span]}
