// SPDX-License-Identifier: GPL-3.0-or-later
// What holds on every page: each is visited once with its script and once without, and then the notes are compared.
import { readFile } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { check, Findings } from './report.mjs';
import { DESK, inParallel, visit } from './browser.mjs';

const PHONE = { width: 360, height: 740 };
const READABLE = 4.5; // WCAG 2.1, 1.4.3

// ---- looking -------------------------------------------------------------------------------------------------------

/** The windows in which each page is seen. Every other page takes them backwards, so that none is laid out twice in the same one. */
const WINDOWS = [{ scheme: 'light', size: DESK }, { scheme: 'light', size: PHONE }, { scheme: 'dark', size: PHONE }];

async function enter(page, { scheme, size }) {
    await page.emulateMedia({ colorScheme: scheme });
    await page.setViewportSize(size);
}

/** One page with its script: notes of what it says and how it looks. */
async function look(book, name, page, turn) {
    const windows = turn % 2 ? [...WINDOWS].reverse() : WINDOWS;
    const note = { overflow: [] };

    page.trouble.length = 0;
    await enter(page, windows[0]);
    await visit(page, book.url(name));
    Object.assign(note, await page.evaluate(() => look.everything()));
    for (const { scheme, size } of windows) {
        await enter(page, { scheme, size });
        const { wide, colours } = await page.evaluate(([width, known]) => look.looks(width, known), [size.width, Boolean(note[scheme])]);
        note.overflow.push(...wide.map((fault) => `${scheme}: ${fault}`));
        note[scheme] ??= colours;
    }
    note.trouble = [...page.trouble];
    return note;
}

/** Visits all pages with a few tabs that go on from page to page. */
async function visitAll(book, tabs) {
    const queue = [...book.pages];
    const notes = new Map();

    await inParallel(Array.from({ length: tabs }), tabs, () => book.tab({}, async (page) => {
        for (let name = queue.shift(), turn = 0; name; name = queue.shift(), turn++) {
            const note = await look(book, name, page, turn).catch((error) => ({ stopped: error.message.split('\n')[0] }));
            notes.set(name, { name, ...note });
        }
    }));
    return book.pages.map((name) => notes.get(name));
}

// ---- links ---------------------------------------------------------------------------------------------------------

/** Where a link leads: a file of the book with its anchor, another site, or a fault. */
function resolveLink(book, from, to) {
    if (/^data:/.test(to)) return {};
    let url;
    try {
        url = new URL(to, pathToFileURL(join(book.folder, from)));
    } catch {
        return { fault: 'is no address' };
    }
    if (url.protocol !== 'file:') return { outside: url };
    const file = relative(book.folder, fileURLToPath(url)).split(sep).join('/');
    if (!book.files.includes(file)) return { fault: 'leads to no file' };
    return { file, anchor: decodeURIComponent(url.hash.slice(1)) };
}

/** `ids` maps each page to its ids. Only an ordinary link may name another site. */
function linkFault(book, ids, from, { to, tag }) {
    const { fault, outside, file, anchor } = resolveLink(book, from, to);

    if (fault) return fault;
    if (outside) return tag === 'a' && outside.protocol === 'https:' ? null : 'leaves the book';
    if (to === '#' || (anchor && ids.has(file) && !ids.get(file).has(anchor))) return 'leads to no such place';
    return null;
}

function linkFaults(book, notes, world) {
    const ids = new Map(notes.map((note) => [note.name, new Set(note[world].ids)]));
    return notes.map((note) => note[world].links.map((link) => [link, linkFault(book, ids, note.name, link)]).filter(([, fault]) => fault)
        .map(([link, fault]) => `${note.name}: ${link.to} ${fault}`));
}

const styleLinks = (css) => [...css.replace(/\/\*[^]*?\*\//g, '').matchAll(/(?:url\(\s*(['"]?)(.*?)\1\s*\)|@import\s+(['"])(.*?)\3)/g)]
    .map((match) => match[2] ?? match[4]);

const styles = (book) => check('links of the style sheets resolve', async (t) => {
    for (const file of book.files.filter((name) => name.endsWith('.css')))
        for (const to of styleLinks(await readFile(join(book.folder, file), 'utf8')))
            t.expect(!linkFault(book, new Map(), file, { to, tag: 'style' }), `${file}: ${to} leads to no file of the book`);
});

/** Every page can be reached from the front page by following links. */
function unreached(book, notes) {
    const byName = new Map(notes.map((note) => [note.name, note]));
    const reached = new Set(['index.html']);
    for (const name of reached)
        for (const { to, tag } of byName.get(name)?.still.links ?? []) {
            const { file } = tag === 'a' ? resolveLink(book, name, to) : {};
            if (byName.has(file)) reached.add(file);
        }
    return notes.map(({ name }) => (reached.has(name) ? [] : [`${name}: no way there from the front page`]));
}

// ---- what must hold ------------------------------------------------------------------------------------------------

function repeated(names) {
    const seen = new Set();
    return [...new Set(names.filter((name) => seen.has(name) || !seen.add(name)))];
}

function headingFaults({ headings }) {
    const tops = headings.filter(({ level }) => level === 1).length;
    const skips = headings.filter(({ level }, i) => level > (headings[i - 1]?.level ?? 0) + 1);
    return [...(tops === 1 ? [] : [`${tops} h1`]), ...skips.map(({ level, text }) => `h${level} "${text}" skips a level`)];
}

function missing({ ids, references }) {
    return [...new Set(references.filter((id) => !ids.includes(id)))].map((id) => `refers to #${id}, which is not there`);
}

function faintFaults(note, scheme) {
    const { body, main, figures } = note[scheme];
    const faint = figures.filter(({ contrast }) => !(contrast >= READABLE));
    const text = Math.min(body, main) >= READABLE ? [] : [`${scheme}: text has contrast ${Math.min(body, main).toFixed(2)}`];
    return [...text, ...faint.map((label) => `${scheme}: figure text "${label.text}" has contrast ${label.contrast.toFixed(2)}`)];
}

const bothWorlds = (faults) => (note) => [...new Set([...faults(note.live), ...faults(note.still)])];

const RULES = [
    ['no trouble in the console or on the network', (note) => note.trouble],
    ['the script runs, the fonts load', (note) => [...(note.script ? [] : ['the script did not run']), ...note.badFonts.map((font) => `no font ${font}`)]],
    ['title and language', bothWorlds(({ title, lang }) => [...(title ? [] : ['no title']), ...(lang ? [] : ['no lang'])])],
    ['one h1, no heading level skipped', bothWorlds(headingFaults)],
    ['no id twice', bothWorlds(({ ids }) => repeated(ids).map((id) => `#${id} twice`))],
    ['labels and descriptions refer to what is there', bothWorlds(missing)],
    ['no raw TeX in what a reader sees', (note) => [...new Set([...note.live.strayTex, ...note.still.strayTex])].map((text) => `raw: ${text}`)],
    ['no sideways scrolling at 1280 px and at 360 px, light and dark', (note) => note.overflow],
    ['text and figure text readable in light and dark', (note) => ['light', 'dark'].flatMap((scheme) => faintFaults(note, scheme))],
    ['dark is darker than light', (note) => (note.dark.paper.every((c, i) => c < note.light.paper[i]) ? [] : [`paper is ${note.light.paper} and ${note.dark.paper}`])],
    ['nothing but controls is hidden until a script comes', (note) => note.still.hidden.map((element) => `hidden: ${element}`)],
];

function applyRule([title, faults], notes) {
    const findings = new Findings(`every page: ${title}`);
    for (const note of notes) findings.add(faults(note).map((fault) => `${note.name}: ${fault}`));
    return findings.closed();
}

/** A check over counted things (formulas, code blocks, links), not over pages. */
function counted(title, entries) {
    const findings = new Findings(`every page: ${title}`);
    for (const { count, faults } of entries) {
        findings.looked += count;
        findings.faults.push(...faults);
    }
    return findings.closed();
}

const tally = (notes, kind) => notes.map((note) => ({ count: note[kind].count, faults: note[kind].faults.map((fault) => `${note.name}: ${fault}`) }));

function linkChecks(book, notes) {
    return [['live', 'every link leads somewhere'], ['still', 'every link leads somewhere without the script']].map(([world, title]) =>
        counted(title, linkFaults(book, notes, world).map((faults, i) => ({ count: notes[i][world].links.length, faults }))));
}

function stopped(title, notes) {
    const findings = new Findings(title);
    for (const note of notes) findings.add(note.stopped ? [`${note.name}: ${note.stopped}`] : []);
    return findings.closed();
}

/** All checks of all pages with the script. */
export async function everyPage(book) {
    const visits = await visitAll(book, 2);
    const notes = visits.filter((note) => !note.stopped);

    return [stopped('every page: opens', visits), ...RULES.map((rule) => applyRule(rule, notes)), ...linkChecks(book, notes), await styles(book),
        counted('every formula is set', tally(notes, 'maths')), counted('every program is highlighted, its text unchanged', tally(notes, 'code')),
        counted('can be reached from the front page', unreached(book, notes).map((faults) => ({ count: 1, faults }))), turning(book, notes)];
}

// ---- turning pages -------------------------------------------------------------------------------------------------

const turn = (book, { name, still }, rel) => still.turns[rel] && resolveLink(book, name, still.turns[rel]).file;

/** From the first claim of a paper, `next` walks over each of its claims once, and `prev` is the way back. */
function turning(book, notes) {
    const findings = new Findings('previous and next walk once over all claims of a paper');
    const claims = new Map(notes.filter(({ name }) => book.claims.includes(name)).map((note) => [note.name, note]));
    const inPaper = (name, paper) => (name && dirname(name) === paper ? name : null);

    for (const paper of new Set([...claims.keys()].map((name) => dirname(name)))) {
        const own = [...claims.values()].filter(({ name }) => dirname(name) === paper);
        const starts = own.filter((note) => !inPaper(turn(book, note, 'prev'), paper));
        const walked = [];

        for (let name = starts[0]?.name; name && !walked.includes(name); name = inPaper(turn(book, claims.get(name), 'next'), paper)) walked.push(name);
        findings.expect(starts.length === 1, `${paper}: ${starts.length} claims without a previous one`);
        for (const { name } of own) findings.expect(walked.includes(name), `${name}: not on the walk`);
        walked.slice(1).forEach((name, i) => findings.expect(turn(book, claims.get(name), 'prev') === walked[i], `${name}: previous is not ${walked[i]}`));
    }
    return findings.closed();
}
