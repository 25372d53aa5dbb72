// What the pages can do with a script: mathematics, colours for code, themes, filters and sorting. They read well without.
"use strict";

function renderMathematics() {
    for (const element of document.querySelectorAll(".tex")) {
        const tex = element.textContent;
        try {
            katex.render(tex, element, { displayMode: element.classList.contains("display") });
        } catch (error) {
            element.classList.add("tex-error");
            console.error(`TeX: ${tex}: ${error.message}`);
        }
    }
}

function colourCode() {
    document.querySelectorAll("pre.code code").forEach((code) => hljs.highlightBlock(code));
}

// ---- themes: auto, light, dark

function prepareTheme() {
    const themes = ["auto", "light", "dark"];
    const button = document.getElementById("theme");
    const root = document.documentElement;
    const show = () => (button.textContent = `Theme: ${root.dataset.theme || "auto"}`);

    button.hidden = false;
    show();
    button.addEventListener("click", () => {
        const next = themes[(themes.indexOf(root.dataset.theme || "auto") + 1) % themes.length];
        if (next === "auto") {
            delete root.dataset.theme;
        } else {
            root.dataset.theme = next;
        }
        try {
            localStorage.setItem("theme", next);
        } catch (error) {
            // the choice holds for this page alone
        }
        show();
    });
}

// ---- the ledger: filters, kept in the address, and sorting

function prepareFilters(form, table) {
    const rows = [...table.tBodies[0].rows];
    const fields = ["paper", "kind", "verdict", "text"].map((name) => form.elements[name]);
    const output = document.getElementById("shown");

    const apply = () => {
        const text = form.elements.text.value.trim().toLowerCase();
        let shown = 0;
        for (const row of rows) {
            const chosen = ["paper", "kind", "verdict"].every(
                (name) => form.elements[name].value === "" || row.dataset[name] === form.elements[name].value);
            row.hidden = !chosen || !row.textContent.toLowerCase().includes(text);
            shown += row.hidden ? 0 : 1;
        }
        output.textContent = `${shown} of ${rows.length} rows`;
        const query = new URLSearchParams(fields.filter((f) => f.value !== "").map((f) => [f.name, f.value])).toString();
        history.replaceState(null, "", (query === "" ? location.pathname : `?${query}`) + location.hash);
    };
    for (const [name, value] of new URLSearchParams(location.search)) {
        if (form.elements[name] !== undefined) {
            form.elements[name].value = value;
        }
    }
    form.addEventListener("input", apply);
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("reset", () => setTimeout(apply));
    apply();
}

// Numbers (with a unit, perhaps) by size, words in order, numbers within words by size: 0.06 < 0.5, eq. 2.3 < eq. 2.10.
const collator = new Intl.Collator("en", { numeric: true });
const number = /^[\d.]+(?=\s|$)/;

function compareCells(a, b) {
    return number.test(a) && number.test(b) ? parseFloat(a) - parseFloat(b) : collator.compare(a, b);
}

function prepareSorting(table) {
    const body = table.tBodies[0];
    const headings = [...table.tHead.rows[0].cells];

    headings.forEach((heading, column) => {
        heading.querySelector("button").addEventListener("click", () => {
            const direction = heading.getAttribute("aria-sort") === "ascending" ? -1 : 1;
            const text = (row) => row.cells[column].textContent.trim();

            headings.forEach((other) => other.removeAttribute("aria-sort"));
            heading.setAttribute("aria-sort", direction === 1 ? "ascending" : "descending");
            body.append(...[...body.rows].sort((a, b) => direction * compareCells(text(a), text(b))));
        });
    });
}

// ---- print: folded tables are opened, and folded again

function preparePrinting() {
    let opened = [];
    addEventListener("beforeprint", () => {
        opened = [...document.querySelectorAll("details:not([open])")];
        opened.forEach((details) => (details.open = true));
    });
    addEventListener("afterprint", () => opened.forEach((details) => (details.open = false)));
}

const ledger = document.getElementById("ledger");

renderMathematics();
colourCode();
prepareTheme();
preparePrinting();
if (ledger !== null) {
    prepareFilters(document.getElementById("filters"), ledger);
    prepareSorting(ledger);
}
