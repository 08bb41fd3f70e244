from django.contrib.admin.apps import AdminConfig


class PhotoappAdminConfig(AdminConfig):
    default_site = "django.contrib.admin.AdminSite"
