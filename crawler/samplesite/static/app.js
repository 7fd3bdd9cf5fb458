// Opens and closes the accordion; everything else works without a script.
document.querySelectorAll("button[aria-controls]").forEach(function (button) {
  button.addEventListener("click", function () {
    var panel = document.getElementById(button.getAttribute("aria-controls"));
    panel.hidden = !panel.hidden;
    button.setAttribute("aria-expanded", String(!panel.hidden));
  });
});
