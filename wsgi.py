"""The WSGI application, for any server: `granian --interface wsgi wsgi:app`, gunicorn, …"""

import os

from idp.app import serve_application

app = serve_application(os.environ)
