// Before anything is drawn, so that no wrong colour flashes.
(() => {
  let theme = null;
  try {
    theme = localStorage.getItem("touchstone.theme");
  } catch {
    // Storage can be forbidden: then the system decides.
  }
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
})();
