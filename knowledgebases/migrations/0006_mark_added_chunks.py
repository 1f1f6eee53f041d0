from django.db import migrations


class Migration(migrations.Migration):
    """Passages of a parser have places in the document's text; what people typed in has none."""

    dependencies = [("knowledgebases", "0005_chunk_added")]

    operations = [
        migrations.RunSQL(
            "UPDATE rag_chunk SET added = true WHERE by_hand AND spans = '[]'::jsonb",
            migrations.RunSQL.noop,
        ),
    ]
