"""Commands for those who work on Wutong; nothing here is shipped."""
