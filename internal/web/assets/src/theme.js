// Runs before the first paint: resolves the "system" theme for the rules of
// Tabler that look at data-bs-theme (our own follow color-scheme without a script), and tells the stylesheet that scripts run.
(function () {
  "use strict";
  var root = document.documentElement;
  var dark = window.matchMedia("(prefers-color-scheme: dark)");
  function apply() {
    var theme = root.dataset.theme;
    root.dataset.bsTheme = theme === "dark" || (theme === "system" && dark.matches) ? "dark" : "light";
  }
  root.classList.add("js");
  apply();
  dark.addEventListener("change", apply);
  document.addEventListener("mandorla:theme", apply);
})();
