import gc
import os
import sys

from django.core.wsgi import get_wsgi_application

from wutong.config.parent import end_with_parent
from wutong.config.uploads import read_first

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "wutong.config.settings")
application = read_first(get_wsgi_application())
# What was loaded stays: the collector need not look at it again and again.
gc.collect()
gc.freeze()
# Nearly all that a request makes goes when it is let go; a list of a hundred records alone is thousands of containers.
gc.set_threshold(20_000, 20, 20)
# Who computes long hands over to who has little to do.
sys.setswitchinterval(0.0005)
end_with_parent()
