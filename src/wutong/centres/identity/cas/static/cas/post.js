// CAS 3.0.3 §2.1.1, method=POST: the ticket goes on in a form. Without scripts the button does it.
document.getElementById("cas_post").submit();
