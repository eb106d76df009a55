// Keeps the page of a run that is going up to date. Without it the page says how far the run had come when it was loaded.
'use strict';
(() => {
  const at = document.body.dataset.events;
  if (!at || !window.EventSource) return;
  const byId = (id) => document.getElementById(id);
  const plural = (n, word) => n + ' ' + word + (n === 1 ? '' : 's');
  let source = null, changed = null, over = false;

  const list = (id, items) => {
    byId(id).replaceChildren(...items.map((text) => {
      const li = document.createElement('li');
      li.textContent = text;
      return li;
    }));
    byId(id + '-section').hidden = items.length === 0;
  };

  const age = () => {
    if (!changed || over) return;
    const seconds = Math.max(0, Math.round((Date.now() - changed) / 1000));
    byId('changed').textContent = 'Last written ' + (seconds < 120 ? seconds + ' s' : Math.round(seconds / 60) + ' min') + ' ago.';
  };

  const show = (p) => {
    byId('state').textContent = p.state;
    byId('state').className = 'state ' + p.state;
    if (byId('rounds')) byId('rounds').textContent = p.rounds < p.of ? p.rounds + ' of ' + plural(p.of, 'round') : plural(p.rounds, 'round');
    byId('bar').max = p.of;
    byId('bar').value = p.rounds;
    byId('meaning').textContent = p.meaning;
    byId('meaning').hidden = p.meaning === '';
    byId('report').hidden = p.rounds === 0;
    list('found', p.found);
    list('warnings', p.warnings);
    document.title = p.rounds + '/' + p.of + ' ' + document.title.replace(/^\d+\/\d+ /, '');
    changed = Date.parse(p.changed) || null;
    age();
    return p;
  };

  const close = () => {
    if (source) source.close();
    source = null;
  };

  let last = null;
  const open = () => {
    if (source || over) return;
    source = new EventSource(at);
    source.addEventListener('state', (e) => { last = show(JSON.parse(e.data)); });
    source.addEventListener('end', () => {
      over = true;
      close();
      byId('ended').textContent = 'The run is ' + (last ? last.state : 'over') + '.';
      byId('report').textContent = 'Report';
      byId('changed').hidden = true;
    });
  };

  // A browser keeps six connections to one server: pages that nobody looks at must not hold them all.
  document.addEventListener('visibilitychange', () => (document.hidden ? close() : open()));
  window.addEventListener('pagehide', close);
  window.addEventListener('pageshow', open);
  setInterval(age, 1000);
  if (!document.hidden) open();
})();
