// SPDX-License-Identifier: GPL-3.0-or-later
// What the checks found: a line each, the faults under it, a closing line, and the same as JUnit XML.
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

const SHOWN = 12; // faults printed of one check; the XML has them all

/** The findings of one check. A check that looked at nothing has failed: it could not have seen a fault. */
export class Findings {
    constructor(name) {
        this.name = name;
        this.looked = 0;
        this.faults = [];
        this.seconds = 0;
    }

    expect(condition, fault) {
        this.looked++;
        if (!condition) this.faults.push(fault);
        return Boolean(condition);
    }

    /** One thing looked at, and all that was wrong with it. */
    add(faults) {
        this.looked++;
        this.faults.push(...faults);
    }

    closed() {
        if (this.looked === 0 && this.faults.length === 0) this.faults.push('nothing was there to look at');
        return this;
    }
}

/** Runs one check; what it throws is a fault like any other. */
export async function check(name, run) {
    const findings = new Findings(name);
    const start = performance.now();

    try {
        await run(findings);
    } catch (error) {
        findings.faults.push(`stopped: ${String(error.message ?? error).split('\n').slice(0, 3).join(' ')}`);
    }
    findings.seconds = (performance.now() - start) / 1000;
    return findings.closed();
}

function lines({ name, looked, faults }) {
    if (faults.length === 0) return [`ok   ${name} (${looked})`];
    const more = faults.length > SHOWN ? [`     and ${faults.length - SHOWN} more`] : [];
    return [`FAIL ${name}: ${faults.length} faults (${looked})`, ...faults.slice(0, SHOWN).map((fault) => `     ${fault}`), ...more];
}

const escaped = (text) =>
    text.replace(/[^\t\n\x20-\ud7ff\ue000-\ufffd]/g, '?').replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);

function testcase({ name, looked, faults, seconds }) {
    const failure = faults.length ? `<failure message="${escaped(faults[0])}">${escaped(faults.join('\n'))}</failure>` : '';
    return `    <testcase classname="browser" name="${escaped(name)}" assertions="${looked}" time="${seconds.toFixed(3)}">${failure}</testcase>\n`;
}

async function junit(path, findings, failed) {
    const counts = `tests="${findings.length}" failures="${failed}"`;
    const cases = findings.map(testcase).join('');

    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites ${counts}>\n` +
        `  <testsuite name="browser" ${counts}>\n${cases}  </testsuite>\n</testsuites>\n`);
}

/** Prints all findings; returns the exit code. */
export async function report(findings, xml) {
    const failed = findings.filter(({ faults }) => faults.length > 0).length;

    for (const finding of findings) console.log(lines(finding).join('\n'));
    console.log(`${findings.length - failed} passed, ${failed} failed`);
    await junit(xml, findings, failed);
    return failed > 0 ? 1 : 0;
}
