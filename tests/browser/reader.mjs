// SPDX-License-Identifier: GPL-3.0-or-later
// What a reader does, mostly without a mouse: filter, sort, follow marks, change the theme, unfold, download, print.
import { readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import axe from 'axe-core';
import { check } from './report.mjs';
import { inParallel, press, ready, tabTo, visit } from './browser.mjs';

const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);

// ---- filters -------------------------------------------------------------------------------------------------------

const FIELDS = ['paper', 'kind', 'verdict'];

/** The rows that a choice of filters ought to leave, in their order. */
function wanted(rows, { text = '', ...choice }) {
    return rows.filter((row) => Object.entries(choice).every(([field, value]) => row[field] === value) && row.text.toLowerCase().includes(text))
        .map(({ id }) => id);
}

/** Visible rows and their count agree with the choice; a filter may take a moment. */
async function expectRows(page, t, rows, choice) {
    const ids = wanted(rows, choice);
    await page.waitForFunction((expected) => look.shown().length === expected, ids.length, { timeout: 1000 }).catch(() => {});
    const now = await page.evaluate(() => look.state());

    t.expect(same(now.rows, ids), `${JSON.stringify(choice)}: ${now.rows.length} rows instead of ${ids.length}`);
    t.expect(same(now.count, [ids.length, rows.length]), `${JSON.stringify(choice)}: the count says ${now.count.join(' of ')} instead of ${ids.length} of ${rows.length}`);
}

const selected = (page) => page.evaluate(() => document.activeElement.value);

/** Goes with the arrow keys to an option; the first one means all. */
async function choose(page, field, value) {
    await tabTo(page, `#filter-${field}`);
    const options = await page.evaluate(() => [...document.activeElement.options].map((option) => option.value));
    const steps = options.indexOf(value) - options.indexOf(await selected(page));

    await press(page, steps > 0 ? 'ArrowDown' : 'ArrowUp', Math.abs(steps));
    if (await selected(page) !== value) throw new Error(`the arrow keys don't lead to ${field} "${value}"`);
}

async function everyOption(page, t, rows, field) {
    const options = await page.evaluate((name) => [...document.querySelector(`#filter-${name}`).options].map(({ value }) => value), field);
    const values = [...new Set(rows.map((row) => row[field]))];

    for (const value of values) t.expect(options.includes(value), `no option for ${field} "${value}"`);
    for (const value of options.slice(1)) {
        await choose(page, field, value);
        await expectRows(page, t, rows, { [field]: value });
    }
    await choose(page, field, options[0]);
    await expectRows(page, t, rows, {});
}

/** A word that stands in some rows, but not in all. */
function tellingWord(rows) {
    const words = rows.flatMap(({ text }) => text.toLowerCase().match(/\b[a-z]{5,}\b/g) ?? []);
    const word = words.find((candidate) => ![0, rows.length].includes(wanted(rows, { text: candidate }).length));
    if (!word) throw new Error('all rows say the same');
    return word;
}

async function typeText(page, text) {
    await tabTo(page, '#filter-text');
    await page.keyboard.press('Control+a');
    await (text ? page.keyboard.type(text) : page.keyboard.press('Delete'));
}

async function reset(page, t, rows) {
    await tabTo(page, '#filters button[type=reset]');
    await page.keyboard.press('Enter');
    await expectRows(page, t, rows, {});
}

async function open(page, book) {
    await visit(page, book.url('index.html'));
    return page.evaluate(() => look.rows());
}

const filtering = (book) => check('filters by keyboard: rows, counts, reset', (t) => book.tab({}, async (page) => {
    const rows = await open(page, book);
    const last = rows.at(-1);

    await expectRows(page, t, rows, {});
    for (const field of FIELDS) await everyOption(page, t, rows, field);
    const word = tellingWord(rows);
    await typeText(page, word.toUpperCase());
    await expectRows(page, t, rows, { text: word });
    await page.keyboard.press('Enter');
    await page.waitForTimeout(100); // time for a mistaken submission
    await expectRows(page, t, rows, { text: word });
    await reset(page, t, rows);
    await typeText(page, 'no row says this');
    await expectRows(page, t, rows, { text: 'no row says this' });
    await reset(page, t, rows);
    for (const field of FIELDS) await choose(page, field, last[field]);
    await expectRows(page, t, rows, Object.fromEntries(FIELDS.map((field) => [field, last[field]])));
    await reset(page, t, rows);
    t.expect(page.trouble.length === 0, page.trouble.join('; '));
}));

const remembered = (book) => check('the address keeps the filters', (t) => book.tab({}, async (page) => {
    const rows = await open(page, book);
    const word = tellingWord(rows);
    const row = rows.find(({ text }) => text.toLowerCase().includes(word));
    const choice = { kind: row.kind, verdict: row.verdict };

    for (const [field, value] of Object.entries(choice)) await choose(page, field, value);
    await typeText(page, word);
    await expectRows(page, t, rows, { ...choice, text: word });
    const before = await page.evaluate(() => look.state());
    await page.waitForFunction((text) => decodeURIComponent(location.href).includes(text), word, { timeout: 1000 }).catch(() => {});
    t.expect(page.url() !== book.url('index.html'), 'the address does not change');
    await page.reload();
    await ready(page);
    t.expect(same(await page.evaluate(() => look.state()), before), 'not restored on reload');
    await book.tab({ colorScheme: 'light' }, async (other) => {
        await visit(other, page.url());
        t.expect(same(await other.evaluate(() => look.state()), before), 'not restored for another reader');
    });
    await reset(page, t, rows);
    await page.reload();
    await ready(page);
    await expectRows(page, t, rows, {});
}));

// ---- sorting -------------------------------------------------------------------------------------------------------

const natural = new Intl.Collator('en', { numeric: true }).compare;
const blank = (key) => ['', '-', '–', '—'].includes(key);
const ORDERS = [(a, b) => Number(a) - Number(b), natural, (a, b) => (a < b ? -1 : Number(a > b))];

/** The first two neighbours that are out of order. Empty cells stand at an end and don't count. */
function disorder(keys, sign, order) {
    const full = keys.filter((key) => !blank(key));
    const at = full.findIndex((key, i) => i > 0 && sign * order(full[i - 1], key) > 0);
    return at < 0 ? null : `"${full[at - 1].slice(0, 40)}" before "${full[at].slice(0, 40)}"`;
}

/** A column of numbers is in order by size, any other by name or by letter. */
function outOfOrder(keys, sign) {
    const numbers = keys.every((key) => blank(key) || Number.isFinite(Number(key)));
    const found = (numbers ? ORDERS.slice(0, 1) : ORDERS.slice(1)).map((order) => disorder(keys, sign, order));
    return found.includes(null) ? null : found[0];
}

async function sortBy(page, column, key) {
    await tabTo(page, `#ledger th:nth-child(${column + 1}) button.sort`);
    await page.keyboard.press(key);
    return page.evaluate((n) => ({ cells: look.cells(n), columns: look.columns(), count: look.shown().length }), column);
}

async function expectSorted(page, t, column, { name, key, state, sign, rows }) {
    const now = await sortBy(page, column, key);
    const others = now.columns.filter(({ sort }, i) => i !== column && sort && sort !== 'none');

    t.expect(now.columns[column].sort === state && others.length === 0, `${name}: aria-sort is ${now.columns.map(({ sort }) => sort).join(', ')} after ${key}`);
    const pair = outOfOrder(now.cells, sign);
    t.expect(!pair, `${name}: not ${state}: ${pair}`);
    t.expect(now.count === rows, `${name}: ${now.count} rows left of ${rows}`);
    return now.cells;
}

const sorting = (book) => check('columns sort by Enter and Space', (t) => book.tab({}, async (page) => {
    const rows = (await open(page, book)).length;
    const columns = await page.evaluate(() => look.columns());
    const sortable = columns.map(({ sortable: yes }, column) => (yes ? column : -1)).filter((column) => column >= 0);

    t.expect(sortable.length >= 3, `${sortable.length} columns can be sorted`);
    for (const column of sortable) {
        const { name, sort } = columns[column];
        if (sort === 'ascending') await sortBy(page, sortable.find((other) => other !== column), 'Enter');
        const up = await expectSorted(page, t, column, { name, key: 'Enter', state: 'ascending', sign: 1, rows });
        const down = await expectSorted(page, t, column, { name, key: 'Space', state: 'descending', sign: -1, rows });
        t.expect(new Set(up).size < 2 || !same(up, down), `${name}: both orders are the same`);
    }
}));

// ---- strips of marks -----------------------------------------------------------------------------------------------

const plain = (text) => text.toLowerCase().replace(/[-_\s]+/g, ' ').trim();

const marksOf = (page) => page.evaluate(() => look.all('section.strip').flatMap((strip) => look.all('a.mark', strip).map((mark) => ({
    paper: strip.dataset.paper, to: mark.getAttribute('href'), label: mark.getAttribute('aria-label') ?? '', classes: [...mark.classList], seen: look.visible(mark) && mark.tabIndex >= 0 }))));

/** What the page behind a mark says of itself, in words and classes. */
async function verdictOf(page, book, to) {
    const html = await readFile(join(book.folder, to), 'utf8');
    return page.evaluate((source) => {
        const verdict = look.source(source).querySelector('.verdict');
        return [verdict, ...verdict?.querySelectorAll('*') ?? []].flatMap((element) => [element?.textContent ?? '', ...element?.classList ?? []]);
    }, html);
}

function expectMark(t, mark, said) {
    const verdicts = mark.classes.filter((name) => name !== 'mark').map(plain);

    t.expect(mark.seen, `${mark.to}: cannot be reached`);
    t.expect(mark.label.trim().length > 0, `${mark.to}: has no name`);
    t.expect(verdicts.length > 0 && verdicts.every((name) => said.map(plain).includes(name)),
        `${mark.to}: the mark says ${verdicts.join(' ')}, the page ${plain(said[0])}`);
}

const strips = (book) => check('marks lead to their claims', (t) => book.tab({}, async (page) => {
    await open(page, book);
    const marks = await marksOf(page);

    for (const claim of book.claims) t.expect(marks.some(({ to, paper }) => to === claim && paper === dirname(claim)), `${claim}: has no mark in its strip`);
    for (const mark of marks) expectMark(t, mark, await verdictOf(page, book, mark.to));
    await tabTo(page, 'a.mark');
    await page.keyboard.press('Enter');
    await page.waitForURL(book.url(marks[0].to));
    t.expect(page.url() === book.url(marks[0].to), `Enter leads to ${page.url()}`);
}));

// ---- theme ---------------------------------------------------------------------------------------------------------

const themeNow = (page) => page.evaluate(async () => {
    await look.settled();
    return { theme: document.documentElement.dataset.theme ?? 'auto', ...look.colours() };
});

const isDark = ({ paper }) => paper[0] + paper[1] + paper[2] < 384;

async function pressTheme(page, by) {
    if (by === 'mouse') await page.click('#theme');
    else {
        await tabTo(page, '#theme');
        await page.keyboard.press(by);
    }
    return themeNow(page);
}

/** Three presses go through auto, light and dark, whatever the system says. */
async function cycle(page, t, by, system) {
    const start = await themeNow(page);
    const states = [];

    t.expect(start.theme === 'auto' && isDark(start) === (system === 'dark'), `${system}: starts as ${start.theme}, paper ${start.paper}`);
    for (let i = 0; i < 3; i++) states.push(await pressTheme(page, by));
    t.expect(same(states.map(({ theme }) => theme), ['light', 'dark', 'auto']), `${system}, ${by}: goes through ${states.map(({ theme }) => theme).join(', ')}`);
    t.expect(same(states.map(isDark), [false, true, system === 'dark']), `${system}, ${by}: paper is ${states.map(({ paper }) => paper.join(' ')).join(', ')}`);
    for (const { theme, main, figures } of states)
        t.expect(Math.min(main, ...figures.map(({ contrast }) => contrast)) >= 4.5, `${system}, ${theme}: text or figure text has contrast below 4.5`);
}

const theme = (book, samples) => check('the theme button: auto, light, dark, remembered', async (t) => {
    for (const [system, by] of [['light', 'mouse'], ['dark', 'Enter']])
        await book.tab({ colorScheme: system }, async (page) => {
            await visit(page, book.url(samples.figure));
            await cycle(page, t, by, system);
            const opposite = system === 'light' ? 'dark' : 'light';
            for (let presses = 0; presses < 3 && (await themeNow(page)).theme !== opposite; presses++) await pressTheme(page, by);
            await visit(page, book.url('index.html'));
            const kept = await themeNow(page);
            t.expect(kept.theme === opposite && isDark(kept) === (opposite === 'dark'), `${system}: ${opposite} is forgotten on the next page`);
        });
});

// ---- keyboard ------------------------------------------------------------------------------------------------------

const skipping = (book, samples) => check('the skip link comes first and works', (t) => book.tab({}, async (page) => {
    for (const name of Object.values(samples)) {
        await visit(page, book.url(name));
        await page.keyboard.press('Tab');
        const first = await page.evaluate(() => ({ to: document.activeElement.getAttribute('href'), ...look.focused() }));
        t.expect(first.to === '#main' && first.onScreen, `${name}: first is ${first.name}${first.onScreen ? '' : ', out of sight'}`);
        await page.keyboard.press('Enter');
        await page.keyboard.press('Tab');
        const inside = await page.evaluate(() => document.activeElement !== document.body && !document.activeElement.closest('body > header'));
        t.expect(inside, `${name}: after it, Tab is still in the header`);
    }
}));

/** Tab goes over everything that can be pressed, in view and outlined, and comes out at the end. */
async function tabThrough(page, t, name) {
    const names = await page.evaluate(() => look.reachable());
    const reached = new Set();

    for (let presses = 0; presses < names.length + 200; presses++) {
        await page.keyboard.down('Tab');
        const stop = await page.evaluate(() => look.focused());
        if (!stop || (stop.number && reached.has(stop.number))) break;
        if (stop.number) reached.add(stop.number);
        t.expect(stop.outlined, `${name}: no outline on ${stop.name}`);
        t.expect(stop.onScreen, `${name}: ${stop.name} has the focus out of sight`);
    }
    names.forEach((element, i) => t.expect(reached.has(String(i)), `${name}: Tab does not reach ${element}`));
}

const focus = (book, name) => check(`Tab reaches everything, visibly: ${name}`, (t) => book.tab({}, async (page) => {
    await visit(page, book.url(name));
    await tabThrough(page, t, name);
}));

const folding = (book, samples) => check('a folded table opens by keyboard', (t) => book.tab({}, async (page) => {
    for (const name of [samples.theorem, samples.figure]) {
        await visit(page, book.url(name));
        const seen = () => page.evaluate(() => look.visible(document.querySelector('#table details table.numbers')));
        t.expect(!await seen(), `${name}: the table starts open`);
        await tabTo(page, '#table summary');
        for (const [key, open] of [['Enter', true], ['Space', false], ['Space', true]]) {
            await page.keyboard.press(key);
            t.expect(await seen() === open, `${name}: ${key} does not ${open ? 'open' : 'close'} it`);
        }
        t.expect(await page.evaluate(() => document.querySelectorAll('#table table.numbers tbody tr').length > 0), `${name}: the table is empty`);
    }
}));

// ---- downloads, print ----------------------------------------------------------------------------------------------

async function download(page, link) {
    await link.focus();
    const [event] = await Promise.all([page.waitForEvent('download'), page.keyboard.press('Enter')]);
    return { name: event.suggestedFilename(), bytes: await readFile(await event.path()) };
}

const downloading = (book, samples) => check('download links deliver the file', (t) => book.tab({}, async (page) => {
    for (const name of [samples.theorem, samples.figure, samples.erratum]) {
        await visit(page, book.url(name));
        const links = await page.locator('a[download]').all();
        t.expect(await page.locator(`a[download][href="${basename(name, '.html')}.tsv"]`).count() > 0, `${name}: does not offer its table`);
        for (const link of links) {
            const file = new URL(await link.getAttribute('href'), book.url(name)).pathname.slice(1);
            const got = await download(page, link);
            t.expect(got.bytes.length > 0 && got.bytes.equals(await readFile(join(book.folder, file))), `${name}: ${file} comes with other bytes`);
            t.expect(file.endsWith(`/${got.name}`), `${name}: ${file} is saved as ${got.name}`);
        }
    }
}));

const SHEET = { width: 718, height: 1000 }; // A4 less its margins, in CSS pixels

const printing = (book, samples) => check('in print: no controls, nothing folded, nothing cut; PDF', (t) => book.tab({ viewport: SHEET }, async (page) => {
    for (const name of Object.values(samples)) {
        await visit(page, book.url(name));
        await page.emulateMedia({ media: 'print' });
        t.add((await page.evaluate((width) => look.print(width), SHEET.width)).map((fault) => `${name}: ${fault}`));
        const pdf = await page.pdf({ format: 'A4' });
        t.expect(pdf.subarray(0, 5).toString() === '%PDF-' && pdf.length > 5000, `${name}: a PDF of ${pdf.length} bytes`);
        await page.emulateMedia({ media: 'screen' });
    }
}));

// ---- without a server, without a script ----------------------------------------------------------------------------

/** What shows that style, script, fonts and formulas came. */
const arrived = () => ({ script: document.documentElement.classList.contains('js'), style: [...document.styleSheets].length,
    katex: document.querySelectorAll('.tex .katex').length, tex: document.querySelectorAll('.tex').length,
    fonts: [...document.fonts].filter(({ family, status }) => family.includes('KaTeX') && status === 'loaded').length,
    styled: getComputedStyle(document.body).fontFamily !== getComputedStyle(document.createElement('i')).fontFamily && getComputedStyle(document.body).margin !== '8px' });

const fromDisk = (book, samples) => check('opened as files: style, script, fonts, filters', (t) => book.tab({}, async (page) => {
    for (const name of [samples.theorem, samples.front]) {
        await visit(page, book.disk(name));
        const got = await page.evaluate(arrived);
        t.expect(got.script, `${name}: no script`);
        t.expect(got.style > 0 && got.styled, `${name}: no style`);
        t.expect(got.katex > 0 && got.katex >= got.tex && got.fonts > 0, `${name}: ${got.katex} of ${got.tex} formulas, ${got.fonts} fonts of KaTeX`);
    }
    const rows = await page.evaluate(() => look.rows());
    await choose(page, 'kind', rows.at(-1).kind);
    await expectRows(page, t, rows, { kind: rows.at(-1).kind });
    await page.click('#theme');
    t.expect(page.trouble.length === 0, page.trouble.join('; '));
}));

/** A claim's page without a script: formulas as TeX, the program as text, the figure. */
async function expectStillClaim(page, t, name) {
    const got = await page.evaluate(() => ({ tex: look.all('.tex').map((tex) => tex.innerText.trim().length), code: look.all('#program pre.code').map((block) => block.innerText.trim().length),
        figures: look.all('#figure svg').map((svg) => svg.getBoundingClientRect().height) }));

    t.expect(got.tex.length > 0 && got.tex.every(Boolean), `${name}: TeX is hidden or empty`);
    t.expect(got.code.length > 0 && got.code.every(Boolean), `${name}: code is hidden or empty`);
    t.expect(got.figures.length > 0 && got.figures.every((height) => height > 50), `${name}: no figure`);
}

const withoutScript = (book, samples) => check('without script: all rows, TeX, programs; nothing hidden', (t) => book.tab({ javaScriptEnabled: false }, async (page) => {
    for (const row of await open(page, book)) t.expect(row.visible, `hidden: row ${row.id}`);
    for (const name of Object.values(samples)) {
        await visit(page, book.url(name));
        t.add((await page.evaluate(() => look.hidden())).map((element) => `${name}: hidden: ${element}`));
        t.expect(await page.evaluate(() => !document.documentElement.classList.contains('js')), `${name}: its script ran`);
        if (book.claims.includes(name)) await expectStillClaim(page, t, name);
    }
}));

// ---- accessibility -------------------------------------------------------------------------------------------------

const GRAVE = ['serious', 'critical'];

function violations({ violations: found }) {
    return found.filter(({ impact }) => GRAVE.includes(impact)).map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.slice(0, 3).map(({ html }) => html.slice(0, 90)).join(' ')} (${nodes.length})`);
}

/** In dark only what depends on colours is asked again. */
const ASKED = { light: {}, dark: { runOnly: ['color-contrast', 'link-in-text-block'] } };

async function askAxe(page, t, scheme, options) {
    await page.emulateMedia({ colorScheme: scheme });
    const result = await page.evaluate((more) => look.settled().then(() => globalThis.axe.run({ resultTypes: ['violations'], preload: false, ...more })), options);

    t.expect(result.passes.some(({ id }) => id === 'color-contrast'), `${scheme}: no text to look at`);
    t.looked += result.passes.length;
    t.add(violations(result).map((fault) => `${scheme}: ${fault}`));
}

async function accessible(book, samples) {
    const pages = Object.values(samples);
    return inParallel(pages, 1, (name) => check(`axe: ${name}, light and dark`, (t) => book.tab({}, async (page) => {
        await visit(page, book.url(name));
        await page.evaluate(axe.source);
        for (const [scheme, options] of Object.entries(ASKED)) await askAxe(page, t, scheme, options);
    })));
}

/** The reader's tasks, each a function that returns its findings. */
export function tasks(book, samples) {
    return [() => filtering(book), () => remembered(book), () => sorting(book), () => strips(book), () => theme(book, samples),
        () => skipping(book, samples), () => focus(book, samples.front), () => focus(book, samples.theorem), () => folding(book, samples),
        () => downloading(book, samples), () => printing(book, samples), () => fromDisk(book, samples), () => withoutScript(book, samples), () => accessible(book, samples)];
}
