from whitenoise.storage import CompressedManifestStaticFilesStorage


class Storage(CompressedManifestStaticFilesStorage):
    """Hashed names, also for the imports between our ES modules."""

    support_js_module_import_aggregation = True
    manifest_strict = False
