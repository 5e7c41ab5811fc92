"""Where backups go."""

from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from settings.values import BucketName, ConfidentialUrl, Days, Section, refuse


class BackupBucketSettings(Section):
    """Where backups go, and for how long they stay."""

    name: BucketName
    """Unique in the world; a change makes another bucket and leaves this one."""
    region: Annotated[str, StringConstraints(pattern=r"^[a-z]{2}(-[a-z]+)+-[0-9]$")]
    """A change makes another bucket and leaves this one."""
    endpoint: ConfidentialUrl | None = None
    """Another S3 than Amazon's own."""
    account_id: Annotated[str, StringConstraints(pattern=r"^[0-9]{12}$")] | None = None
    """The only account that the stack may touch; left out, whatever account the credentials open."""
    profile: Annotated[str, StringConstraints(min_length=1)] | None = None
    """Profile of the operator's AWS configuration; left out, the credentials of the environment."""
    prefix: Annotated[str, StringConstraints(pattern=r"^([A-Za-z0-9_-]+/)+$")] = "database/"
    """Where the dumps lie; the writer puts and lists there and nowhere else."""
    archive_class: Literal["GLACIER_IR", "GLACIER", "DEEP_ARCHIVE"] = "GLACIER_IR"
    """GLACIER thaws for 3 to 5 hours, DEEP_ARCHIVE for 12; the platform must be back within 4."""
    archive_after_days: Annotated[Days, Field(ge=30, le=90)] = 90
    """A backup's age when it moves to the archive; before, STANDARD_IA wants 30 days."""
    # The brief's year is the longest: personal data in a backup outlives its deletion by it.
    expire_after_days: Annotated[Days, Field(le=365)] = 365
    """A backup's age when it is deleted; its bytes go noncurrent_days later."""
    noncurrent_days: Annotated[Days, Field(ge=7, le=365)] = 30
    """For how long what was overwritten or deleted can be had back."""
    multipart_days: Annotated[Days, Field(le=7)] = 7
    """After which an upload that broke off is thrown away; it is invisible and costs what it weighs."""
    object_lock_days: Days | None = None
    """For how long nobody can delete a backup, whoever has our keys and root included."""

    @model_validator(mode="after")
    def _the_days_are_in_order(self) -> Self:
        for earlier, later in (("archive_after_days", "expire_after_days"), ("object_lock_days", "expire_after_days")):
            low, high = getattr(self, earlier), getattr(self, later)
            if low is not None and low >= high:
                refuse(f"{earlier} {low} is not below {later} {high}", f"lower {earlier} or raise {later}")
        return self
