"""台账: a declared table gives list, detail, form, history, import, export, print and JSON."""
