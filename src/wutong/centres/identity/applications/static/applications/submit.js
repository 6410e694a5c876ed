// Sends the one form of this page on at once; without scripts its button does.
document.querySelector("[data-wt-submit]").submit();
