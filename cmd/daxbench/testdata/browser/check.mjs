// Opens reports in a browser as people do, and says what it found: what the page asked the network for, what the console
// said, what is wrong for a screen reader, what does not fit, whether all is there without script, whether tables sort.
//
//	node check.mjs '{"chromium": "/usr/bin/chromium", "screenshots": "", "pages": [{"name": "run", "url": "file:///…"}]}'
//
// Requests to addresses that begin with "own", if it is given, are the page's own business: those of daxbench serve.
//
// It prints one JSON array: per page what is wrong ("problems") and what was looked at ("seen"), so that a check that saw
// nothing cannot pass. It judges nothing else; browser_test.go does.
import { createRequire } from 'node:module';
import { chromium } from 'playwright-core';

const axeSource = createRequire(import.meta.url).resolve('axe-core');
const { readFileSync } = await import('node:fs');
const axe = readFileSync(axeSource, 'utf8');

const widths = [320, 768, 1440]; // a small phone, a tablet, a desk
const colours = ['color-contrast', 'link-in-text-block']; // axe-core's rules that the scheme can decide: it moves nothing
const pageRules = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
const input = JSON.parse(process.argv[2]);

// Blank profile, no background traffic: whatever is asked for is asked for by the page.
const browser = await chromium.launch({
	executablePath: input.chromium,
	args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});
const out = [];
for (const page of input.pages) out.push(await examine(page));
await browser.close();
console.log(JSON.stringify(out));

// examine looks at one page in all ways.
async function examine({ name, url }) {
	const report = { name, problems: [], seen: {} };
	const problem = (kind, text) => {
		const line = `${kind}: ${text}`;
		if (!report.problems.includes(line)) report.problems.push(line);
	};
	const shot = (page, width, scheme) => input.screenshots && shoot(page, `${input.screenshots}/${name}-${width}-${scheme}.png`);
	for (const width of widths) {
		await open(url, { width, scheme: 'light', problem }, async (page) => {
			await fits(page, width, problem);
			if (width !== 320) report.seen.rules = await accessible(page, `light ${width}`, problem, pageRules);
			await shot(page, width, 'light');
		});
		if (input.screenshots && width !== 1440) await open(url, { width, scheme: 'dark', problem }, (page) => shot(page, width, 'dark'));
	}
	await open(url, { width: 1440, scheme: 'dark', problem }, async (page) => {
		report.seen.colours = await accessible(page, 'dark 1440', problem, colours);
		await shot(page, 1440, 'dark');
		await prints(page, problem, report.seen);
	});
	const plain = await open(url, { width: 1440, scheme: 'light', script: false, problem }, async (page) => {
		await links(page, problem, report.seen);
		return contents(page);
	});
	Object.assign(report.seen, plain);
	await open(url, { width: 1440, scheme: 'light', problem }, async (page) => {
		const scripted = await contents(page);
		for (const key of Object.keys(plain)) {
			if (plain[key] !== scripted[key]) problem('script', `without it the page has ${plain[key]} ${key}, with it ${scripted[key]}`);
		}
		await sorts(page, problem, report.seen);
		await filters(page, problem, report.seen);
		await copies(page, problem, report.seen);
	});
	await open(url, { width: 1440, scheme: 'light', problem }, (page) => keyboard(page, problem, report.seen));
	return report;
}

// open shows the page, and tells of everything that it asks for or complains about.
async function open(url, { width, scheme, script = true, problem }, look) {
	const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme: scheme, javaScriptEnabled: script, permissions: [] });
	try {
		const page = await context.newPage();
		page.on('console', (m) => { if (['error', 'warning'].includes(m.type())) problem('console', m.text()); });
		page.on('pageerror', (e) => problem('exception', e.message));
		page.on('request', (r) => { if (r.url() !== url && !r.url().startsWith('data:') && !(input.own && r.url().startsWith(input.own))) problem('request', r.url()); });
		await page.goto(url, { waitUntil: 'load' });
		return await look(page);
	} finally {
		await context.close();
	}
}

// fits wants no sideways scrolling of the page itself; wide tables scroll in regions of their own.
async function fits(page, width, problem) {
	const wide = await page.evaluate(() => document.documentElement.scrollWidth);
	if (wide > width) problem('width', `at ${width} px the page is ${wide} px wide`);
	const cut = await page.evaluate(() => [...document.querySelectorAll('p, li, h1, h2, h3, h4, summary, figcaption, dd, dt')]
		.filter((e) => e.checkVisibility() && e.getBoundingClientRect().right > innerWidth + 1 && !e.closest('[role=region], .scroll'))
		.map((e) => `${e.tagName} ${e.textContent.trim().slice(0, 60)}`));
	for (const text of cut) problem('width', `at ${width} px this is cut off: ${text}`);
}

// accessible runs axe-core and says how many rules were kept. A strict content security policy keeps scripts out of the page, not out
// of the debugger.
async function accessible(page, where, problem, rules) {
	await page.evaluate(axe);
	const result = await page.evaluate((runOnly) => globalThis.axe.run(document, { resultTypes: ['violations'], runOnly }), rules);
	for (const v of result.violations) {
		problem('axe', `${where}: ${v.id}: ${v.help}: ${v.nodes.length} times, first ${v.nodes[0].target} ${v.nodes[0].failureSummary?.split('\n')[1]?.trim() ?? ''}`);
	}
	return result.passes.length;
}

// contents counts what a reader came for.
function contents(page) {
	return page.evaluate(() => {
		const count = (what) => document.querySelectorAll(what).length;
		return { headings: count('h1, h2, h3'), charts: count('svg[role=img]'), tables: count('table'), rows: count('tbody tr'), figures: count('td') };
	});
}

// sorts clicks on a column of numbers of the largest table, twice, and on one of words.
async function sorts(page, problem, seen) {
	seen.sorted = 0;
	const tables = await page.$$('table:has(th button)');
	for (const table of tables) {
		if (!(await table.evaluate((t) => t.checkVisibility())) || (await table.$$('tbody tr')).length < 3) continue;
		const heads = await table.$$('thead th');
		for (let i = 0; i < heads.length; i++) {
			const button = await heads[i].$('button');
			if (!button) continue;
			const orders = [];
			for (let click = 0; click < 2; click++) {
				await button.click();
				const state = await heads[i].getAttribute('aria-sort');
				if (state !== 'ascending' && state !== 'descending') { problem('sort', `column ${i}: aria-sort is ${state}`); return; }
				const values = await table.evaluate((t, column) => {
					const cells = [...t.tBodies[0].rows].map((r) => r.cells[column]);
					const numeric = cells.some((c) => c.dataset.s !== undefined);
					return cells.map((c) => (!numeric ? c.textContent.trim() || null : c.dataset.s === undefined ? null : Number(c.dataset.s)));
				}, i);
				const known = values.filter((v) => v !== null);
				if (values.findIndex((v) => v === null) >= 0 && values.slice(values.findIndex((v) => v === null)).some((v) => v !== null)) {
					problem('sort', `column ${i}: what has no value does not come last`);
				}
				const order = (a, b) => (typeof a === 'number' && typeof b === 'number' ? a - b : String(a).localeCompare(String(b), undefined, { numeric: true }));
				for (let k = 1; k < known.length; k++) {
					const d = order(known[k - 1], known[k]);
					if (state === 'ascending' ? d > 0 : d < 0) { problem('sort', `column ${i} ${state}: ${known[k - 1]} stands before ${known[k]}`); break; }
				}
				orders.push(state);
			}
			if (orders[0] === orders[1]) problem('sort', `column ${i}: a second click leaves it ${orders[0]}`);
			seen.sorted++;
		}
		break;
	}
}

// filters types the first cell of a table into its filter.
async function filters(page, problem, seen) {
	seen.filtered = 0;
	const box = await page.$('input[type=search]');
	if (!box) return;
	const count = () => page.evaluate(() => [...document.querySelectorAll('tbody tr')].filter((r) => r.checkVisibility()).length);
	const before = await count();
	await box.fill('no such policy');
	const none = await count();
	await box.fill('');
	const after = await count();
	if (!(none < before) || after !== before) problem('filter', `${before} rows, ${none} with nonsense in the filter, ${after} after it was emptied`);
	seen.filtered = before;
}

// copies asks for a table as CSV and catches what would go to the clipboard.
async function copies(page, problem, seen) {
	seen.csv = 0;
	const button = await page.$('button:text-is("Copy as CSV")');
	if (!button) return;
	await page.evaluate(() => {
		globalThis.caught = '';
		Object.defineProperty(navigator, 'clipboard', { configurable: true, value: { writeText: async (t) => { globalThis.caught = t; } } });
	});
	await button.click();
	const text = await page.evaluate(() => globalThis.caught);
	const lines = text.trim().split('\n');
	seen.csv = lines.length;
	if (lines.length < 2 || lines.some((l) => l.split(',').length < 2)) problem('copy', `as CSV: ${text.slice(0, 200)}`);
	if (lines.slice(1).some((l) => /(^|,)"?[=+@]/.test(l))) problem('copy', 'a spreadsheet would take a value for a formula');
}

// links follows every link within the page: its target is there and can be seen, without script.
async function links(page, problem, seen) {
	const targets = await page.$$eval('a[href^="#"]', (list) => [...new Set(list.map((a) => a.getAttribute('href')))]);
	seen.links = targets.length;
	for (const hash of targets) {
		const id = decodeURIComponent(hash.slice(1));
		const there = await page.$(`[id="${CSS_escape(id)}"]`);
		if (!there) { problem('link', `${hash} leads nowhere`); continue; }
		await page.evaluate((h) => { location.hash = h; }, hash).catch(() => {});
		const shown = await page.evaluate((i) => { const e = document.getElementById(i); return e.checkVisibility() && e.getBoundingClientRect().height > 0; }, id);
		if (!shown) problem('link', `${hash} leads to something hidden`);
	}
	const outside = await page.$$eval('a[href]', (list) => list.map((a) => a.getAttribute('href')).filter((h) => /^[a-z]+:/i.test(h) && !/^https?:/i.test(h)));
	for (const href of outside) problem('link', `${href} is no address of a page`);
}

function CSS_escape(id) { return id.replaceAll('\\', '\\\\').replaceAll('"', '\\"'); }

// keyboard tabs through the page: everything that gets the focus shows it, and the first stop leads to the content.
async function keyboard(page, problem, seen) {
	await page.keyboard.press('Tab');
	const first = await page.evaluate(() => document.activeElement?.getAttribute('href'));
	if (!first?.startsWith('#')) problem('keyboard', `the first stop is ${first}, no link to the content`);
	let stops = 1;
	for (; stops < 40; stops++) {
		const look = await page.evaluate(() => {
			const e = document.activeElement;
			if (!e || e === document.body) return null;
			const s = getComputedStyle(e);
			const r = e.getBoundingClientRect();
			return { what: `${e.tagName} ${e.textContent.trim().slice(0, 40)}`, outlined: s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) > 0 || s.boxShadow !== 'none', size: r.width * r.height };
		});
		if (!look) break;
		if (!look.outlined) problem('keyboard', `the focus does not show on ${look.what}`);
		if (look.size === 0) problem('keyboard', `the focus is on ${look.what}, which has no size`);
		await page.keyboard.press('Tab');
	}
	seen.stops = stops;
}

// prints looks at the page as a printer would: no controls, all contents open, no cell of a matrix cut off, and dark on white whatever
// the screen was.
async function prints(page, problem, seen) {
	await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
	const state = await page.evaluate(() => ({
		controls: [...document.querySelectorAll('button, input')].filter((e) => e.checkVisibility({ visibilityProperty: true }) && !e.closest('th')).length,
		paper: getComputedStyle(document.body).backgroundColor,
		ink: getComputedStyle(document.body).color,
	}));
	if (state.controls) problem('print', `${state.controls} controls are printed`);
	const bright = (c) => { const [r, g, b] = c.match(/[\d.]+/g).map(Number); return (r + g + b) / 3; };
	const paper = state.paper === 'rgba(0, 0, 0, 0)' ? 255 : bright(state.paper);
	if (paper < 200 || bright(state.ink) > 90) problem('print', `ink ${state.ink} on paper ${state.paper}`);
	const paperWidth = 680; // px: A4 without margins of 15 mm
	await page.setViewportSize({ width: paperWidth, height: 960 });
	const cut = await page.evaluate(() => [...document.querySelectorAll('.matrix td')].filter((e) => e.getBoundingClientRect().right > innerWidth + 1).length);
	if (cut) problem('print', `${cut} cells of a matrix are off the paper`);
	seen.pdf = (await page.pdf({ format: 'A4' })).length;
}

// shoot takes a picture of the whole page, cut where it gets too long to look at.
async function shoot(page, path) {
	const most = 16000; // px; Chromium draws no more at once
	const size = await page.evaluate(() => ({ width: innerWidth, height: document.documentElement.scrollHeight }));
	await page.screenshot(size.height < most ? { path, fullPage: true } : { path, fullPage: true, clip: { x: 0, y: 0, width: size.width, height: most } });
}
