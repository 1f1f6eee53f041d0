"""The sequence that fencing tokens are drawn from."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("documents", "0002_initial")]

    operations = [migrations.RunSQL("CREATE SEQUENCE rag_fence", "DROP SEQUENCE rag_fence")]
