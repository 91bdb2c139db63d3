// Runs before the first paint, so that a chosen scheme and density never flash. Keys: ui/src/preferences.svelte.ts.
(function () {
  var root = document.documentElement;
  try {
    var scheme = localStorage.getItem('webreports.scheme');
    if (scheme === 'light' || scheme === 'dark') root.dataset.scheme = scheme;
    if (localStorage.getItem('webreports.density') === 'comfortable') root.dataset.density = 'comfortable';
    if (localStorage.getItem('webreports.rail') === 'yes') root.dataset.rail = 'yes';
  } catch (error) {
    // Storage is switched off: the system's scheme is used.
  }
})();
