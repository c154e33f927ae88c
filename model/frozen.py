"""What every setting is: immutable, with no unknown key."""

from pydantic import BaseModel, ConfigDict


class Frozen(BaseModel):
    """Base of every setting: immutable, and an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")
