import threading

import pytest
from django.db import connections

from system import accounts
from system.errors import ArgumentError, Code, Conflict, RagError
from system.models import Membership, Role, Tenant, User

GOOD = {"email": "ann@example.org", "password": "correct horse", "nickname": "Ann"}


@pytest.mark.django_db
def test_a_user_gets_a_tenant_of_the_same_id_and_owns_it():
    user = accounts.register(**GOOD)

    assert user.tenant.pk == user.pk
    assert user.tenant.name == "Ann‘s Kingdom"
    membership = Membership.objects.get()
    assert (membership.tenant, membership.user, membership.role) == (user.tenant, user, Role.OWNER)
    assert user.check_password("correct horse")


@pytest.mark.django_db
@pytest.mark.parametrize(
    "email",
    ["", "ann", "ann@localhost", "ann@example.o", "a b@example.org", "a@b@example.org", "a@example.org\n.x", "ä" * 300],
)
def test_an_address_that_is_none_is_refused(email):
    with pytest.raises(RagError, match="Invalid email address: ") as caught:
        accounts.register(**GOOD | {"email": email})

    assert caught.value.error_code == Code.OPERATING
    assert not User.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("wrong", [{"password": "short"}, {"nickname": "n" * 101}], ids=["password", "nickname"])
def test_a_password_or_nickname_that_will_not_do_is_refused(wrong):
    with pytest.raises(ArgumentError):
        accounts.register(**GOOD | wrong)

    assert not User.objects.exists()


@pytest.mark.django_db
def test_the_longest_nickname_fits_into_the_name_of_the_tenant():
    user = accounts.register(**GOOD | {"nickname": "n" * 100})

    assert len(user.tenant.name) <= 100
    assert user.tenant.name.endswith("‘s Kingdom")


@pytest.mark.django_db
def test_an_address_is_taken_whatever_its_case():
    accounts.register(**GOOD)

    with pytest.raises(Conflict, match=r"Email: ANN@example\.org has already registered!"):
        accounts.register(**GOOD | {"email": "ANN@example.org"})

    assert User.objects.count() == Tenant.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_racing_registrations_make_one_account():
    results = []

    def register():
        try:
            results.append(accounts.register(**GOOD))
        except Conflict as conflict:
            results.append(conflict)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=register) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sum(isinstance(result, User) for result in results) == 1
    assert len(results) == 4
    assert User.objects.count() == Membership.objects.count() == 1


@pytest.mark.django_db
def test_a_user_made_without_tenant_can_be_given_one_twice():
    user = User.objects.create_superuser("root@example.org", "correct horse", nickname="")

    assert Tenant.objects.give_to(user) == Tenant.objects.give_to(user)
    assert Membership.objects.count() == 1


@pytest.mark.django_db
def test_a_new_session_ends_the_one_before():
    user = accounts.register(**GOOD)
    before = user.access_token

    accounts.open_session(user)

    user.refresh_from_db()
    assert user.access_token != before
    assert len(user.access_token) == 32
