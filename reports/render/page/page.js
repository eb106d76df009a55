// What a page can do besides being read: sort and filter tables, copy them and commands, point at one policy. All controls
// are made here, so that a page without script has none that do nothing.
"use strict";

const all = (selector, root = document) => [...root.querySelectorAll(selector)];

function make(tag, properties, ...children) {
  const e = Object.assign(document.createElement(tag), properties);
  e.append(...children);
  return e;
}

// say tells what was done to those who do not see it.
function say(text) {
  document.getElementById("said").textContent = text;
}

// copy puts text into the clipboard, and says so on the button for a while.
async function copy(text, button) {
  try {
    await navigator.clipboard.writeText(text);
  } catch { // not allowed, or not there: the way before the API
    const area = make("textarea", { value: text, className: "vh" });
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    if (!done) return say("The browser does not allow copying.");
  }
  const label = button.textContent;
  button.textContent = "Copied";
  say("Copied.");
  setTimeout(() => { button.textContent = label; }, 1500);
}

// value is what a cell is copied as: a raw number where there is one.
const value = (cell) => cell.dataset.csv ?? cell.dataset.s ?? cell.textContent;

// field is a value in CSV. What a spreadsheet would take for a formula is made text; numbers may begin with a sign.
function field(text) {
  if (/^[=+\-@\t\r]/.test(text) && !/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)) text = "'" + text;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

// csv is a table, in the order and with the rows that are shown. Its heads say what the column is, with its unit. Where numbers
// have intervals behind them, these are a column of their own, as they are written.
function csv(table) {
  const bounded = [...table.tHead.rows[0].cells].map((_, i) => [...table.tBodies[0].rows].some((r) => r.cells[i].querySelector("i")));
  const heads = [...table.tHead.rows[0].cells].flatMap((h, i) =>
    [h.dataset.name + (h.title ? ` (${h.title})` : ""), ...(bounded[i] ? [`${h.dataset.name}: interval as shown`] : [])]);
  const rows = [...table.tBodies[0].rows].filter((r) => !r.hidden).map((r) => [...r.cells].flatMap((c, i) =>
    [value(c), ...(bounded[i] ? [c.querySelector("i")?.textContent ?? ""] : [])]));
  return [heads, ...rows].map((r) => r.map(field).join(",")).join("\r\n") + "\r\n";
}

// order compares two rows by a column; what has no value comes last, whichever way.
function order(column, numeric, sign) {
  const key = (row) => {
    const cell = row.cells[column];
    return numeric ? parseFloat(cell.dataset.s) : cell.textContent;
  };
  const none = (k) => Number.isNaN(k) || k === "";
  return (a, b) => {
    const x = key(a), y = key(b);
    if (none(x) || none(y)) return none(x) - none(y);
    return sign * (numeric ? x - y : x.localeCompare(y, "en", { numeric: true }));
  };
}

// sortable makes the heads buttons: up, down, as it was.
function sortable(table) {
  const body = table.tBodies[0], heads = [...table.tHead.rows[0].cells], original = [...body.rows];
  heads.forEach((head, column) => {
    const button = make("button", { type: "button" }, ...head.childNodes);
    head.dataset.name = button.textContent;
    head.append(button);
    button.addEventListener("click", () => {
      const next = { ascending: "descending", descending: "" }[head.getAttribute("aria-sort") ?? "none"] ?? "ascending";
      heads.forEach((h) => h.removeAttribute("aria-sort"));
      const rows = [...original];
      if (next) {
        head.setAttribute("aria-sort", next);
        rows.sort(order(column, head.classList.contains("num"), next === "ascending" ? 1 : -1));
      }
      body.append(...rows);
      say(next ? `Sorted by ${head.dataset.name}, ${next}.` : "In the original order.");
    });
  });
}

// filterFrom is how many rows a table has before one wants to filter them.
const filterFrom = 6;

// tools stand above a table.
function tools(table) {
  const name = table.closest(".scroll").getAttribute("aria-label"), bar = make("div", { className: "tools" });
  const rows = [...table.tBodies[0].rows];
  if (rows.length >= filterFrom) {
    const box = make("input", { type: "search", placeholder: "Filter rows" });
    box.setAttribute("aria-label", `Filter rows of ${name}`);
    box.addEventListener("input", () => {
      const words = box.value.toLowerCase().split(/\s+/);
      for (const r of rows) r.hidden = !words.every((w) => r.textContent.toLowerCase().includes(w));
      say(`${rows.filter((r) => !r.hidden).length} of ${rows.length} rows.`);
    });
    bar.append(box);
  }
  const button = make("button", { type: "button" }, "Copy as CSV");
  button.setAttribute("aria-label", `Copy as CSV: ${name}`);
  button.addEventListener("click", () => copy(csv(table), button));
  bar.append(button);
  table.closest(".scroll").before(bar);
}

// highlight points at one policy: its rows are lit, and the others are grey in all charts.
function highlight() {
  const items = all("#policies li"), root = document.documentElement.style;
  const variable = (item) => item.querySelector("circle").getAttribute("fill").slice("var(".length, -1);
  const buttons = items.map((item) => {
    const button = make("button", { type: "button", title: "Point at it everywhere" }, item.lastElementChild);
    button.setAttribute("aria-pressed", "false");
    item.append(button);
    button.addEventListener("click", () => {
      const on = button.getAttribute("aria-pressed") === "false", name = button.textContent;
      for (const b of buttons) b.setAttribute("aria-pressed", String(on && b === button));
      for (const i of items) root.removeProperty(variable(i));
      if (on) {
        for (const i of items) if (variable(i) !== variable(item)) root.setProperty(variable(i), "var(--chart-rule)");
      }
      for (const row of all("tr[data-policy]")) row.classList.toggle("lit", on && row.dataset.policy === name);
    });
    return button;
  });
}

// reveal opens what the address leads into, in browsers that do not do so by themselves.
function reveal() {
  const target = document.querySelector(":target");
  for (let e = target?.closest("details"); e; e = e.parentElement.closest("details")) e.open = true;
  target?.scrollIntoView();
}

// follow marks where one is in the contents.
function follow() {
  const links = new Map(all("nav a").map((a) => [a.hash.slice(1), a]));
  const seen = new IntersectionObserver((entries) => {
    for (const e of entries.filter((e) => e.isIntersecting)) {
      links.forEach((a) => a.removeAttribute("aria-current"));
      links.get(e.target.id)?.setAttribute("aria-current", "true");
    }
  }, { rootMargin: "0px 0px -75% 0px" });
  for (const id of links.keys()) {
    const heading = document.getElementById(id);
    if (heading) seen.observe(heading);
  }
}

all("table.sorts").forEach((table) => { sortable(table); tools(table); });
all("pre.command").forEach((block) => {
  const text = block.textContent, button = make("button", { type: "button" }, "Copy");
  button.setAttribute("aria-label", `Copy: ${text}`);
  button.addEventListener("click", () => copy(text, button));
  block.append(button);
});
highlight();
follow();
addEventListener("hashchange", reveal);
if (location.hash) reveal();
addEventListener("beforeprint", () => all("details:not(.data)").forEach((d) => { d.open = true; }));
