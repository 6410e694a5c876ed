"""办件的页面: inbox, case, batch, receipt on paper, what everybody may look up. What a case is: `process`."""
