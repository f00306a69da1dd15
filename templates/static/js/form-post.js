// Sends the only form of the page; the button stays for browsers without JavaScript.
document.getElementById("form-post").submit();
