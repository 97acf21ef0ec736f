// The page works without this. With it, "/" leads to the question, and the
// button says that the question is on its way.
"use strict";
{
  const form = document.querySelector("form.ask");
  const question = document.getElementById("q");
  const button = form.querySelector("button");
  const hint = form.querySelector("kbd");
  const showHint = () => { hint.hidden = document.activeElement === question; };

  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input:not([type=radio]), select, textarea");
    if (event.key !== "/" || typing || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    question.focus();
    question.select();
  });
  question.addEventListener("focus", showHint);
  question.addEventListener("blur", showHint);
  form.addEventListener("submit", () => {
    form.setAttribute("aria-busy", "true");
    button.textContent = "Asking…";
  });
  window.addEventListener("pageshow", () => { // also when one comes back
    form.removeAttribute("aria-busy");
    button.textContent = "Ask";
    showHint();
  });
}
