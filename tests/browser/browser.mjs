// SPDX-License-Identifier: GPL-3.0-or-later
// Chromium, the book on a server of its own, and pages that note everything that goes wrong while they are open.
import { createServer } from 'node:http';
import { readFile, readdir } from 'node:fs/promises';
import { extname, join, normalize, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';

const FLAGS = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
    '--disable-background-networking', '--disable-component-update', '--disable-sync'];
const TYPES = { '.html': 'text/html; charset=utf-8', '.css': 'text/css', '.js': 'text/javascript', '.svg': 'image/svg+xml',
    '.tsv': 'text/tab-separated-values; charset=utf-8', '.woff2': 'font/woff2', '.woff': 'font/woff', '.ttf': 'font/ttf' };
export const DESK = { width: 1280, height: 900 };
const INPAGE = await readFile(new URL('inpage.js', import.meta.url), 'utf8');

/** Answers from memory what was asked before: each tab starts with an empty cache. */
function serve(folder) {
    const known = new Map();
    const read = (name) => {
        if (!known.has(name)) known.set(name, readFile(join(folder, name)));
        return known.get(name);
    };
    const server = createServer(async (request, response) => {
        const name = normalize(decodeURIComponent(new URL(request.url, 'http://book').pathname));
        try {
            const bytes = await read(name);
            response.writeHead(200, { 'Content-Type': TYPES[extname(name)] ?? 'application/octet-stream', 'Cache-Control': 'max-age=600' });
            response.end(bytes);
        } catch {
            response.writeHead(404).end();
        }
    });
    return new Promise((ready, fail) => {
        server.once('error', fail);
        server.listen(0, '127.0.0.1', () => ready(server));
    });
}

/** All files of a folder, as sorted paths with slashes. */
async function filesBelow(folder, prefix = '') {
    const entries = await readdir(join(folder, prefix), { withFileTypes: true });
    const below = await Promise.all(entries.map((entry) =>
        entry.isDirectory() ? filesBelow(folder, `${prefix}${entry.name}/`) : [prefix + entry.name]));
    return below.flat().sort();
}

export class Book {
    /** Serves a folder and starts the browser, with a profile of its own that goes when it closes. */
    static async open(folder) {
        const book = new Book();

        book.folder = resolve(folder);
        book.files = await filesBelow(book.folder);
        book.pages = book.files.filter((file) => file.endsWith('.html'));
        book.claims = book.pages.filter((page) => /^[^/]+\/[^/]+$/.test(page) && !page.startsWith('library/'));
        book.idle = [];
        book.server = await serve(book.folder);
        book.origin = `http://127.0.0.1:${book.server.address().port}/`;
        book.browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: FLAGS });
        return book;
    }

    async close() {
        await this.browser.close();
        this.server.closeAllConnections?.();
        this.server.close();
    }

    url(page) {
        return this.origin + page;
    }

    disk(page) {
        return pathToFileURL(join(this.folder, page)).href;
    }

    /** Hands a tab to `use`. With options it is a reader of its own, who has stored nothing; tabs without share readers that are idle. */
    async tab(options, use) {
        const own = Object.keys(options).length > 0;
        const context = (own ? null : this.idle.pop()) ?? await this.#reader(options);
        const page = await context.newPage();
        try {
            page.setDefaultTimeout(10000);
            page.trouble = []; // what went wrong since somebody emptied it
            this.#listen(page);
            return await use(page);
        } finally {
            await (own ? context : page).close();
            if (!own) this.idle.push(context);
        }
    }

    async #reader(options) {
        const context = await this.browser.newContext({ viewport: DESK, colorScheme: 'light', reducedMotion: 'reduce', ...options });
        await context.addInitScript(INPAGE);
        return context;
    }

    /** Notes what the reader's console would say, and every request that fails or goes elsewhere. */
    #listen(page) {
        const note = (what) => page.trouble.push(what);
        const here = (url) => url.startsWith(this.origin) || url.startsWith(pathToFileURL(this.folder).href) || /^(data|blob|about):/.test(url);

        page.on('console', (message) => {
            if (['error', 'warning'].includes(message.type())) note(`console: ${message.text()}`);
        });
        page.on('pageerror', (error) => note(`script: ${error.message}`));
        page.on('request', (request) => here(request.url()) || note(`leaves the host: ${request.url()}`));
        page.on('requestfailed', (request) => note(`request failed: ${request.url()} ${request.failure()?.errorText}`));
        page.on('response', (response) => response.status() >= 400 && note(`${response.status()}: ${response.url()}`));
    }
}

/** Goes to an address and waits until its script has done its work. */
export async function visit(page, url) {
    await page.goto(url, { waitUntil: 'load' });
    await ready(page);
}

/** Without a script of its own, a page doesn't get the functions of inpage.js by itself either. */
export async function ready(page) {
    if (!await page.evaluate(() => globalThis.look?.settled().then(() => true))) await page.evaluate(INPAGE);
}

/** Works through the items, a few at a time, and returns the results in the items' order. */
export async function inParallel(items, width, work) {
    const results = new Array(items.length);
    let next = 0;
    const worker = async () => {
        while (next < items.length) {
            const i = next++;
            results[i] = await work(items[i]);
        }
    };
    await Promise.all(Array.from({ length: width }, worker));
    return results;
}

/** Presses a key some times, as by holding it down. */
export async function press(page, key, times) {
    const [plain, ...modifiers] = key.split('+').reverse();

    for (const modifier of modifiers) await page.keyboard.down(modifier);
    for (let i = 0; i < times; i++) await page.keyboard.down(plain);
    if (times > 0) await page.keyboard.up(plain);
    for (const modifier of modifiers) await page.keyboard.up(modifier);
}

/** Presses Tab, or Shift and Tab where that is the way, until the element that has the focus matches. */
export async function tabTo(page, selector) {
    const { key, steps } = await page.evaluate((wanted) => look.wayTo(wanted), selector);
    await press(page, key, steps);
    for (let presses = steps; presses < 600; presses++) {
        if (await page.evaluate((wanted) => document.activeElement.matches(wanted), selector)) return;
        await page.keyboard.press(key);
    }
    throw new Error(`${key} never reaches ${selector}`);
}
