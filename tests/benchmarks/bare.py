"""The least that any API of this site's kind does: find the token, answer a constant. The baseline of `bench_api`."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ragsite.settings.base")

from django.core.wsgi import get_wsgi_application

application = get_wsgi_application()

from django.conf import settings  # noqa: E402
from django.urls import path  # noqa: E402
from rest_framework.permissions import IsAuthenticated  # noqa: E402
from rest_framework.renderers import JSONRenderer  # noqa: E402
from rest_framework.request import Request  # noqa: E402
from rest_framework.response import Response  # noqa: E402
from rest_framework.views import APIView  # noqa: E402

from system.rest.authentication import TokenAuthentication  # noqa: E402


class Bare(APIView):
    """Who you are, and nothing else."""

    authentication_classes = [TokenAuthentication]
    permission_classes = [IsAuthenticated]
    renderer_classes = [JSONRenderer]

    def get(self, request: Request) -> Response:
        """A constant."""
        return Response({"code": 0})


urlpatterns = [path("bare", Bare.as_view())]
settings.ROOT_URLCONF = __name__
