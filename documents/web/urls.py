"""Routes of the web API that belong to documents."""

from django.urls import path

from documents.web import downloading, pictures
from documents.web.changing import ChangingViewSet
from documents.web.chunks import WebChunkViewSet
from documents.web.datasets import DatasetFacts
from documents.web.downloading import DownloadingViewSet
from documents.web.listing import InfosViewSet, ListingViewSet
from documents.web.retrieval import RetrievalTestViewSet
from documents.web.running import RunningViewSet
from documents.web.uploading import UploadingViewSet

urlpatterns = [
    path("document/upload", UploadingViewSet.as_view({"post": "upload"})),
    path("document/create", UploadingViewSet.as_view({"post": "create"})),
    path("document/list", ListingViewSet.as_view({"post": "list"})),
    path("document/filter", ListingViewSet.as_view({"post": "filter"})),
    path("document/infos", InfosViewSet.as_view({"post": "infos"})),
    path("document/rename", ChangingViewSet.as_view({"post": "rename"})),
    path("document/change_parser", ChangingViewSet.as_view({"post": "change_parser"})),
    path("document/set_meta", ChangingViewSet.as_view({"post": "set_meta"})),
    path("document/change_status", ChangingViewSet.as_view({"post": "change_status"})),
    path("document/rm", ChangingViewSet.as_view({"post": "rm"})),
    path("document/get/<str:document_id>", DownloadingViewSet.as_view({"get": "download"}), name=downloading.NAME),
    path("document/link/<str:document_id>", DownloadingViewSet.as_view({"get": "link"})),
    path("document/run", RunningViewSet.as_view({"post": "run"})),
    path("document/thumbnails", pictures.ThumbnailsViewSet.as_view({"get": "thumbnails"})),
    path("document/image/<str:image_id>", pictures.ImageViewSet.as_view({"get": "image"}), name=pictures.NAME),
    path("chunk/list", WebChunkViewSet.as_view({"post": "list"})),
    path("chunk/get", WebChunkViewSet.as_view({"get": "retrieve"})),
    path("chunk/create", WebChunkViewSet.as_view({"post": "create"})),
    path("chunk/set", WebChunkViewSet.as_view({"post": "update"})),
    path("chunk/switch", WebChunkViewSet.as_view({"post": "switch"})),
    path("chunk/rm", WebChunkViewSet.as_view({"post": "destroy"})),
    path("chunk/retrieval_test", RetrievalTestViewSet.as_view({"post": "retrieval_test"})),
    path("kb/basic_info", DatasetFacts.as_view({"get": "tally"})),
    path("kb/get_meta", DatasetFacts.as_view({"get": "metadata"})),
]
