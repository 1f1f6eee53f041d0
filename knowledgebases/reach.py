"""Which datasets an API token can be limited to."""

from django.db.models.functions import Lower

from knowledgebases.models import Knowledgebase
from system.models import Tenant


def datasets_of(tenant: Tenant) -> dict[str, str]:
    """Names of the datasets that the tenant's owner may read, by id: what a token without limits opens."""
    rows = Knowledgebase.objects.visible_to(tenant.owner).order_by(Lower("name"), "pk")
    return dict(rows.values_list("pk", "name"))
