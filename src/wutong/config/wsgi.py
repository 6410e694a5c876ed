import gc
import os

from django.core.wsgi import get_wsgi_application

from wutong.config.parent import end_with_parent
from wutong.config.uploads import read_first

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "wutong.config.settings")
application = read_first(get_wsgi_application())
# What was loaded stays: the collector need not look at it again and again.
gc.collect()
gc.freeze()
end_with_parent()
