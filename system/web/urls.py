"""Routes of the web API that belong to the site itself."""

from django.urls import path

from system.web import dialog_tokens, profile, site, teams, tenants, tokens, users

urlpatterns = [
    path("user/register", users.Register.as_view()),
    path("user/login", users.Login.as_view()),
    path("user/login/channels", users.Channels.as_view()),
    path("user/logout", users.Logout.as_view({"get": "close"})),
    path("user/info", profile.ProfileViewSet.as_view({"get": "retrieve"})),
    path("user/setting", profile.ProfileViewSet.as_view({"post": "update"})),
    path("user/tenant_info", tenants.TenantViewSet.as_view({"get": "retrieve"})),
    path("user/set_tenant_info", tenants.TenantViewSet.as_view({"post": "update"})),
    path("tenant/list", teams.TeamViewSet.as_view({"get": "list"})),
    path("tenant/agree/<str:tenant_id>", teams.TeamViewSet.as_view({"put": "agree"})),
    path("tenant/<str:tenant_id>/user/list", teams.MemberViewSet.as_view({"get": "list"})),
    path("tenant/<str:tenant_id>/user", teams.MemberViewSet.as_view({"post": "invite"})),
    path("tenant/<str:tenant_id>/user/<str:user_id>", teams.MemberViewSet.as_view({"delete": "remove"})),
    path("api/new_token", dialog_tokens.DialogTokenViewSet.as_view({"post": "create"})),
    path("api/token_list", dialog_tokens.DialogTokenViewSet.as_view({"get": "list"})),
    path("api/rm", dialog_tokens.DialogTokenViewSet.as_view({"post": "remove"})),
    path("api/stats", dialog_tokens.DialogTokenViewSet.as_view({"get": "statistics"})),
    path("system/new_token", tokens.NewToken.as_view()),
    path("system/token_list", tokens.Tokens.as_view()),
    path("system/token/<str:token>", tokens.Token.as_view()),
    path("system/version", site.Version.as_view()),
    path("system/config", site.Config.as_view()),
    path("system/ping", site.Ping.as_view()),
    path("system/healthz", site.Healthz.as_view()),
    path("system/status", site.Status.as_view()),
]
