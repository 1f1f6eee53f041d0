from django.contrib.auth.models import Group, Permission


def test_a_group_is_made_with_its_permissions(console):
    look = Permission.objects.get(codename="view_document")

    console.post("/admin/auth/group/add/", {"name": "readers", "permissions": [look.pk]})

    assert list(Group.objects.get(name="readers").permissions.all()) == [look]
