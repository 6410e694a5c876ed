// A form that goes on by itself: its button is for browsers without scripts.
document.querySelector("form[data-wt-submit]")?.submit();
