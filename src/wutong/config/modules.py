"""The modules of this house, in the order they are set up. Adding a module is adding its line."""

MODULES = [
    "wutong.centres.identity.accounts",
    "wutong.centres.data.standards",
    "wutong.centres.data.master",
    "wutong.centres.identity.applications",
    "wutong.centres.identity.openid",
    "wutong.centres.identity.cas",
    "wutong.platforms.governance.portal",
    "wutong.platforms.governance.enrolment",
    "wutong.platforms.governance.processes",
    "wutong.platforms.learning.records",
]
