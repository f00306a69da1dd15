"""The WSGI application, for any server: `granian --interface wsgi wsgi:app`, gunicorn, …"""

from idp.app import application

app = application()
