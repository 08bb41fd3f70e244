from django.contrib.admin.apps import AdminConfig


class PhotoappAdminConfig(AdminConfig):
    """Apart from admin_site.py, which needs the apps that this is one of."""

    default_site = "photoapp.admin_site.PhotoappAdminSite"
