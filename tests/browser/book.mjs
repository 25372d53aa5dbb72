// SPDX-License-Identifier: GPL-3.0-or-later
// The book in a real browser: node book.mjs BOOK SCREENSHOTS. Prints a line for each check; the JUnit XML lies beside the screenshots' folder.
import { mkdir, readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { Book, DESK, inParallel, visit } from './browser.mjs';
import { everyPage } from './pages.mjs';
import { tasks } from './reader.mjs';
import { check, report } from './report.mjs';

const LIMIT = 300; // seconds, then it hangs

/** The first claim that has an erratum: a page that the discrepancies link to. */
async function erratum(book) {
    const html = await readFile(join(book.folder, 'discrepancies.html'), 'utf8').catch(() => '');
    return [...html.matchAll(/href="([^"#]+)/g)].map((match) => match[1]).find((to) => book.claims.includes(to));
}

/** One page of each sort. */
async function choosePages(book) {
    const first = (pattern) => book.pages.find((page) => pattern.test(page));
    return { front: first(/^index\.html$/), discrepancies: first(/^discrepancies\.html$/), method: first(/^method\.html$/), library: first(/^library\/index\.html$/),
        header: first(/^library\/[^/]+\/[^/]+\.html$/), theorem: first(/^(?!library)[^/]+\/thm_/), figure: first(/^(?!library)[^/]+\/fig_/), erratum: await erratum(book) };
}

const SHOTS = ['front', 'theorem', 'figure', 'discrepancies', 'library', 'method'];
const LOOKS = [['light', 'light', DESK], ['dark', 'dark', DESK], ['360', 'light', { width: 360, height: 740 }]];

const photograph = (book, samples, folder) => check('screenshots', (t) => book.tab({}, async (page) => {
    await mkdir(folder, { recursive: true });
    for (const shot of SHOTS) {
        await visit(page, book.url(samples[shot]));
        for (const [look, colorScheme, size] of LOOKS) {
            await page.emulateMedia({ colorScheme });
            await page.setViewportSize(size);
            const png = await page.screenshot({ path: join(folder, `${shot}-${look}.png`), fullPage: true });
            t.expect(png.length > 10000, `${shot}, ${look}: ${png.length} bytes`);
        }
    }
}));

async function examine(book, screenshots) {
    const samples = await choosePages(book);
    const absent = Object.entries(samples).filter(([, page]) => !page).map(([sort]) => sort);
    const whole = await check('a page of each sort is there', (t) => Object.keys(samples).forEach((sort) => t.expect(!absent.includes(sort), `no page: ${sort}`)));

    if (absent.length > 0) return [whole, ...await everyPage(book)];
    const jobs = [() => everyPage(book), ...tasks(book, samples), () => photograph(book, samples, screenshots)];
    return [whole, ...(await inParallel(jobs, 3, (job) => job())).flat()];
}

async function main(folder, screenshots) {
    const xml = join(dirname(resolve(screenshots)), 'junit', 'browser.xml');
    let book;
    const opened = await check('the browser starts', async (t) => {
        book = await Book.open(folder);
        t.expect(book.pages.length > 0, `${folder} has no pages`);
    });
    const findings = opened.faults.length ? [] : await examine(book, screenshots);

    await book?.close();
    return report([opened, ...findings], xml);
}

const [folder, screenshots] = process.argv.slice(2);
if (!screenshots) {
    console.error('usage: node book.mjs BOOK SCREENSHOTS');
    process.exit(2);
}
setTimeout(() => {
    console.log(`FAIL the browser hangs: no end after ${LIMIT} seconds\n0 passed, 1 failed`);
    process.exit(1);
}, LIMIT * 1000).unref();
process.exitCode = await main(folder, screenshots);
