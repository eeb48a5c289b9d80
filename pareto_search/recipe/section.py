"""What the sections of a recipe have in common: frozen, and no unknown key."""

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """A section of a recipe."""

    # constants: an infinite parameter (a legal limit of a loss) survives the way through JSON
    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="constants")
