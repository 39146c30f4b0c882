"""Where kilowatts come from, where heat goes, and the bays between."""

from django.db import models
from django.db.models import F, Q

from factory.models.site import Site


class PowerNode(models.Model):
    """A node of the power tree: grid feed, hall or busway; limit in watts."""

    class Kind(models.TextChoices):
        """Levels of the tree."""

        FEED = "feed", "Grid feed"
        HALL = "hall", "Hall"
        BUSWAY = "busway", "Busway"

    site = models.ForeignKey(Site, models.PROTECT, related_name="power_nodes")
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children"
    )
    code = models.SlugField(max_length=20)
    kind = models.CharField(max_length=10, choices=Kind)
    limit_w = models.PositiveBigIntegerField()
    power_factor_permille = models.PositiveSmallIntegerField(default=1000)
    ramp_w_per_min = models.PositiveBigIntegerField(null=True, blank=True)
    owner = models.CharField(max_length=80, blank=True, default="")

    class Meta:
        """The feed is the root and nothing else is."""

        constraints = [
            models.UniqueConstraint(
                fields=["site", "code"], name="power_node_code_unique"
            ),
            models.CheckConstraint(
                condition=Q(kind="feed", parent__isnull=True)
                | (~Q(kind="feed") & Q(parent__isnull=False)),
                name="power_node_feed_is_root",
            ),
            models.CheckConstraint(
                condition=~Q(parent=F("id")), name="power_node_not_own_parent"
            ),
            models.CheckConstraint(
                condition=Q(
                    power_factor_permille__gte=1, power_factor_permille__lte=1000
                ),
                name="power_node_factor_range",
            ),
        ]

    def __str__(self) -> str:
        """Return kind and code."""
        return f"{self.get_kind_display()} {self.code}"


class CoolingLoop(models.Model):
    """A loop that takes liquid heat away; limit in watts of heat."""

    site = models.ForeignKey(Site, models.PROTECT, related_name="cooling_loops")
    code = models.SlugField(max_length=20)
    name = models.CharField(max_length=80)
    limit_w = models.PositiveBigIntegerField()
    owner = models.CharField(max_length=80, blank=True, default="")

    class Meta:
        """One loop a site and code."""

        constraints = [
            models.UniqueConstraint(
                fields=["site", "code"], name="cooling_loop_code_unique"
            )
        ]

    def __str__(self) -> str:
        """Return the name."""
        return self.name


class PowerBay(models.Model):
    """A bay where one rack is filled, powered and tested."""

    site = models.ForeignKey(Site, models.PROTECT, related_name="power_bays")
    code = models.SlugField(max_length=20)
    node = models.ForeignKey(PowerNode, models.PROTECT, related_name="bays")
    loop = models.ForeignKey(CoolingLoop, models.PROTECT, related_name="bays")
    limit_w = models.PositiveBigIntegerField()
    supported_models = models.ManyToManyField("factory.RackModel", related_name="+")

    class Meta:
        """One bay a site and code."""

        ordering = ["site", "code"]
        constraints = [
            models.UniqueConstraint(
                fields=["site", "code"], name="power_bay_code_unique"
            ),
            models.CheckConstraint(
                condition=Q(limit_w__gte=1), name="power_bay_limit_positive"
            ),
        ]

    def __str__(self) -> str:
        """Return the code."""
        return self.code
