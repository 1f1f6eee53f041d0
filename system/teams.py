"""Who joins a tenant, and who leaves it: invited by its owner, joined by the guest's own consent."""

from django.utils import timezone

from system.accounts import EMAIL_CHARS
from system.errors import Conflict, DataError, NotFound
from system.models import Membership, Role, Tenant, User


def invite(tenant: Tenant, email: str, *, invited_by: User) -> User:
    """Invite the user with that address; they have no rights before they accept.

    Raises NotFound where nobody active has it, Conflict where they are in or invited already.
    """
    email = email.strip()
    known = len(email) <= EMAIL_CHARS
    guest = User.objects.named(email).filter(is_active=True).first() if known else None
    if guest is None:
        raise NotFound("User not found.")
    membership, made = Membership.objects.get_or_create(
        tenant=tenant, user=guest, defaults={"role": Role.INVITE, "invited_by": invited_by}
    )
    if not made:
        raise _there(membership, email)
    return guest


def accept(membership: Membership) -> None:
    """Join as invited; who has joined already keeps the role they have."""
    invitation = Membership.objects.filter(pk=membership.pk, role=Role.INVITE)
    invitation.update(role=Role.NORMAL, updated_at=timezone.now())


def remove(tenant_id: str, user_id: str) -> None:
    """Take a user, invited or joined, out of a tenant; nobody to take out is no harm.

    Raises DataError on the owner.
    """
    found = Membership.objects.filter(tenant=tenant_id, user=user_id)
    if found.filter(role=Role.OWNER).exists():
        raise DataError("The owner of a tenant stays its owner.")
    found.exclude(role=Role.OWNER).delete()


def _there(membership: Membership, email: str) -> Conflict:
    match membership.role:
        case Role.NORMAL:
            return Conflict(f"{email} is already in the team.")
        case Role.OWNER:
            return Conflict(f"{email} is the owner of the team.")
        case role:
            return Conflict(f"{email} is in the team, but the role: {role} is invalid.")
