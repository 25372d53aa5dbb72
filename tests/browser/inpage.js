// SPDX-License-Identifier: GPL-3.0-or-later
// Functions that run inside a page of the book: they look, and leave it as it is.
globalThis.look = (() => {
    const all = (selector, root = document) => [...root.querySelectorAll(selector)];
    const words = (text, length = 50) => text.trim().replace(/\s+/g, ' ').slice(0, length);
    const visible = (element) => element.checkVisibility({ visibilityProperty: true, opacityProperty: true });

    /** How a message names an element. */
    function named(element) {
        const id = element.id ? `#${element.id}` : '';
        const classes = id ? '' : [...element.classList].slice(0, 2).map((name) => `.${name}`).join('');
        return `${element.localName}${id}${classes} "${words(element.getAttribute('aria-label') ?? element.textContent, 30)}"`;
    }

    /** Until fonts are there, formulas are set and colours have stopped changing. */
    async function settled() {
        const end = performance.now() + 3000;
        const unset = () => document.documentElement.classList.contains('js') && document.querySelector('.tex:not(:has(.katex)):not(.tex-error):not(:has(.tex-error))');

        while (unset() && performance.now() < end) await new Promise((wait) => setTimeout(wait, 20));
        await document.fonts.ready;
        await Promise.all(document.getAnimations().map((animation) => animation.finished.catch(() => {})));
    }

    // ---- what a document says: for the page as it stands and for its source without the script -------------------------

    const LINKS = ['href', 'src', 'poster', 'data', 'action'];
    const PAINTS = ['style', 'fill', 'stroke', 'filter', 'mask', 'clip-path', 'marker-start', 'marker-mid', 'marker-end'];
    const REFERENCES = ['for', 'list', 'form', 'headers', 'aria-labelledby', 'aria-describedby', 'aria-controls', 'aria-owns', 'aria-details'];
    const having = (names, doc) => names.flatMap((name) => all(`[*|${name}]`, doc).map((element) =>
        ({ tag: element.localName, value: element.getAttribute(name) ?? element.getAttribute(`xlink:${name}`) ?? '' })));

    /** All links of a document, each after the sort of element that it stands on. */
    function links(doc) {
        const plain = having(LINKS, doc);
        const sets = having(['srcset'], doc).flatMap(({ tag, value }) => value.split(',').map((entry) => ({ tag, value: entry.trim().split(/\s+/)[0] })));
        const styled = [...having(PAINTS, doc), ...all('style', doc).map((style) => ({ tag: 'style', value: style.textContent }))]
            .flatMap(({ tag, value }) => [...value.matchAll(/url\(\s*(['"]?)(.*?)\1\s*\)/g)].map((match) => ({ tag, value: match[2] })));
        return [...plain, ...sets, ...styled].map(({ tag, value }) => `${tag} ${value}`);
    }

    const references = (doc) => having(REFERENCES, doc).flatMap(({ value }) => value.split(/\s+/).filter(Boolean));

    /** Each link once. */
    const distinct = (found) => [...new Set(found)].map((link) => ({ tag: link.slice(0, link.indexOf(' ')), to: link.slice(link.indexOf(' ') + 1) }));

    /** TeX that a reader would see as dollars and backslashes. */
    function strayTex(doc) {
        const raw = /\$|\\[A-Za-z]+|\\[(\[]/;
        const walker = doc.createTreeWalker(doc.body, NodeFilter.SHOW_TEXT);
        const stray = [];

        for (let node = walker.nextNode(); node; node = walker.nextNode())
            if (raw.test(node.data) && !node.parentElement.closest('pre, code, kbd, samp, script, style, .tex, .katex')) stray.push(words(node.data));
        for (const name of ['aria-label', 'title', 'alt'])
            for (const element of all(`[${name}]`, doc)) if (raw.test(element.getAttribute(name))) stray.push(`${name}: ${words(element.getAttribute(name))}`);
        if (raw.test(doc.title)) stray.push(`title: ${doc.title}`);
        return stray;
    }

    const turn = (doc, rel) => doc.querySelector(`nav.turn a[rel~="${rel}"]`)?.getAttribute('href') ?? null;

    function facts(doc) {
        return {
            title: doc.title.trim(),
            lang: doc.documentElement.lang,
            ids: all('[id]', doc).map(({ id }) => id),
            links: distinct(links(doc)),
            references: [...new Set(references(doc))],
            headings: all('h1, h2, h3, h4, h5, h6', doc).map((heading) => ({ level: Number(heading.localName[1]), text: words(heading.textContent) })),
            strayTex: strayTex(doc),
            hidden: all('[hidden], [style*="display"], [style*="visibility"]', doc).filter((element) => !element.closest('form, button, .katex, svg')).map(named),
            turns: { prev: turn(doc, 'prev'), next: turn(doc, 'next') },
        };
    }

    const source = (html) => new DOMParser().parseFromString(html, 'text/html');

    // ---- maths and code ------------------------------------------------------------------------------------------------

    function maths() {
        const tex = all('.tex');
        const bare = tex.filter((element) => !element.querySelector('.katex') || element.querySelector('.katex-error') || element.matches('.tex-error'));
        const errors = all('.katex-error, .tex-error').filter((element) => !bare.some((outer) => outer.contains(element)));
        return { count: tex.length, faults: [...bare, ...errors].map((element) => `not set: ${named(element)}`) };
    }

    const C = /\b(int|double|return|static|const|void|if|for|struct)\b|#include|\/\*|"/;

    function code(still) {
        const blocks = all('pre.code > code');
        const before = all('pre.code > code', still).map((block) => block.textContent);
        const plain = blocks.filter((block) => C.test(block.textContent) && block.matches('[class*="language-c"]') && !block.querySelector('[class^="hljs-"]'));
        const changed = blocks.filter((block, i) => block.textContent !== before[i]);
        return { count: blocks.length,
            faults: [...plain.map((block) => `not highlighted: ${named(block)}`), ...changed.map((block) => `the script changes the text of ${named(block)}`)] };
    }

    const badFonts = () => [...document.fonts].filter((font) => font.status === 'error').map((font) => `${font.family} ${font.weight} ${font.style}`);

    /** All that every page is asked, in one go. */
    async function everything() {
        const still = source(await (await fetch(location.pathname, { cache: 'force-cache' })).text());
        return { live: facts(document), still: facts(still), maths: maths(), code: code(still), badFonts: badFonts(), script: document.documentElement.classList.contains('js') };
    }

    // ---- colours -------------------------------------------------------------------------------------------------------

    const pen = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
    const known = new Map();

    /** Any CSS colour as red, green, blue in 0..255 and alpha in 0..1. */
    function colour(css) {
        if (!known.has(css)) {
            pen.clearRect(0, 0, 1, 1);
            pen.fillStyle = css;
            pen.fillRect(0, 0, 1, 1);
            const [red, green, blue, alpha] = pen.getImageData(0, 0, 1, 1).data;
            known.set(css, [red, green, blue, alpha / 255]);
        }
        return known.get(css);
    }

    const over = (top, alpha, below) => [0, 1, 2].map((i) => alpha * top[i] + (1 - alpha) * below[i]);

    function luminance(rgb) {
        const [red, green, blue] = rgb.map((c) => (c <= 10.31475 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4));
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    }

    function contrast(one, other) {
        const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b);
        return (high + 0.05) / (low + 0.05);
    }

    /** The sheet of paper under everything: white, or what the browser takes when the page asks for dark. */
    function paper() {
        const probe = document.body.appendChild(document.createElement('i'));
        probe.style.backgroundColor = 'Canvas';
        const rgb = colour(getComputedStyle(probe).backgroundColor).slice(0, 3);
        probe.remove();
        return rgb;
    }

    function background(element) {
        const layers = [];
        for (let box = element; box; box = box.parentElement) layers.unshift(colour(getComputedStyle(box).backgroundColor));
        return layers.reduce((below, layer) => over(layer, layer[3], below), paper());
    }

    function opacity(element, property, until) {
        let alpha = Number(getComputedStyle(element)[property]);
        for (let box = element; box && box !== until.parentElement; box = box.parentElement) alpha *= Number(getComputedStyle(box).opacity);
        return alpha;
    }

    function textContrast(element) {
        const below = background(element);
        const ink = colour(getComputedStyle(element).color);
        return contrast(over(ink, ink[3], below), below);
    }

    /** The filled shapes of a figure, in painting order. */
    function shapes(svg) {
        return all('rect, circle, ellipse, polygon, path', svg).filter((shape) => !shape.closest('defs, clipPath, mask, pattern, marker') && getComputedStyle(shape).fill !== 'none');
    }

    function covers(shape, x, y) {
        const matrix = shape.getScreenCTM();
        return matrix && shape.isPointInFill(new DOMPoint(x, y).matrixTransform(matrix.inverse()));
    }

    function figureTextContrast(text, svg, filled) {
        const box = text.getBoundingClientRect();
        const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
        let below = background(svg);

        for (const shape of filled) {
            if (!(shape.compareDocumentPosition(text) & Node.DOCUMENT_POSITION_FOLLOWING) || !covers(shape, x, y)) continue;
            const fill = colour(getComputedStyle(shape).fill);
            below = over(fill, fill[3] * opacity(shape, 'fillOpacity', svg), below);
        }
        const ink = colour(getComputedStyle(text).fill);
        return contrast(over(ink, ink[3] * opacity(text, 'fillOpacity', svg), below), below);
    }

    /** Contrast of every piece of text in the figures of the page. */
    function figures() {
        const ownText = (element) => [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim());
        return all('main svg').filter((svg) => !svg.parentElement.closest('svg, .katex')).flatMap((svg) => {
            const filled = shapes(svg);
            return all('text, tspan', svg).filter((text) => ownText(text) && !text.closest('defs'))
                .map((text) => ({ text: words(text.textContent), contrast: figureTextContrast(text, svg, filled) }));
        });
    }

    const colours = () => ({ paper: background(document.body).map(Math.round), body: textContrast(document.body), main: textContrast(document.querySelector('main') ?? document.body), figures: figures() });

    // ---- sizes, print, hidden things -----------------------------------------------------------------------------------

    function clipped(box) {
        return box && box !== document.body && (getComputedStyle(box).overflowX !== 'visible' || clipped(box.parentElement));
    }

    /** The innermost words and boxes that reach over the window's right edge. */
    function sticking(width) {
        const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT);
        const range = document.createRange();
        const found = [];
        const outer = new Set();

        for (let node = walker.nextNode(); node; node = walker.nextNode()) {
            range.selectNode(node);
            if (range.getBoundingClientRect().right <= width + 0.5 || clipped(node.parentElement)) continue;
            found.push(node);
            for (let box = node.parentElement; box && !outer.has(box); box = box.parentElement) outer.add(box);
        }
        return found.filter((node) => !outer.has(node)).map((node) => (node.data ? words(node.data, 40) : named(node)));
    }

    /** What makes the page wider than the window. */
    function overflow(width) {
        const total = document.scrollingElement.scrollWidth;
        return total <= width ? [] : [`${total} px wide in a window of ${width}: ${sticking(width).slice(0, 2).join(', ')}`];
    }

    /** How the page looks in this window; colours only where they aren't known yet. */
    async function looks(width, known) {
        if (!known) await settled();
        return { wide: overflow(width), colours: known ? null : colours() };
    }

    /** On paper: nothing to press but what names a column, nothing folded, nothing cut. */
    function print(width) {
        window.dispatchEvent(new Event('beforeprint'));
        const pressed = all('nav, button, select, input').filter((element) => visible(element) && !element.closest('th')).map((element) => `${named(element)} is printed`);
        const folded = all('details').filter((fold) => ![...fold.children].some((child) => child.localName !== 'summary' && visible(child)))
            .map((fold) => `${named(fold)} stays folded`);
        const cut = all('pre').filter((block) => visible(block) && block.scrollWidth > block.clientWidth + 1).map((block) => `${named(block)} is cut`);
        const wide = overflow(width);
        window.dispatchEvent(new Event('afterprint'));
        return [...pressed, ...folded, ...cut, ...wide];
    }

    /** Text that cannot be seen and that no fold hides: only a script could show it. Controls may hide, they need the script. */
    function hidden() {
        const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
        const found = new Set();

        for (let node = walker.nextNode(); node; node = walker.nextNode()) {
            const element = node.parentElement;
            if (node.data.trim() && !element.closest('script, style, template, form, button, svg, details:not([open])') && !visible(element)) found.add(named(element));
        }
        return [...found];
    }

    // ---- the ledger ----------------------------------------------------------------------------------------------------

    const rows = () => all('#ledger tbody tr').map((row, i) => ({ ...row.dataset, id: row.id || words(row.textContent, 200) || String(i), text: row.textContent, visible: visible(row) }));
    const shown = () => rows().filter((row) => row.visible).map((row) => row.id);
    const count = () => document.querySelector('#shown')?.textContent.match(/\d+/g)?.map(Number) ?? [];
    const state = () => ({ rows: shown(), count: count(), controls: all('#filters select, #filters input').map(({ value }) => value) });

    const columns = () => all('#ledger thead th').map((head) => ({ name: words(head.textContent), sortable: Boolean(head.querySelector('button.sort')), sort: head.getAttribute('aria-sort') }));
    const cells = (column) => all('#ledger tbody tr').filter(visible).map(({ cells: row }) => row[column].dataset.sort ?? row[column].dataset.key ?? words(row[column].textContent, 500));

    // ---- the keyboard --------------------------------------------------------------------------------------------------

    const NATIVE = 'a[href], button, input, select, textarea, summary';
    const pressable = (element) => visible(element) && !element.disabled;
    const stops = () => all(`${NATIVE}, [tabindex]`).filter((element) => pressable(element) && element.tabIndex >= 0);

    /** What Tab ought to reach. Elements get a number, to be known again. */
    function reachable() {
        return all(`${NATIVE}, [tabindex="0"]`).filter(pressable).map((element, i) => {
            element.dataset.tab = i;
            return named(element);
        });
    }

    /** The key that leads to an element, and the presses that it takes at least. */
    function wayTo(selector) {
        const target = document.querySelector(selector);
        const from = document.activeElement;
        const back = target && target.compareDocumentPosition(from) & Node.DOCUMENT_POSITION_FOLLOWING;
        const side = back ? Node.DOCUMENT_POSITION_PRECEDING : Node.DOCUMENT_POSITION_FOLLOWING;
        const between = stops().filter((stop) => from.compareDocumentPosition(stop) & side && !(target?.compareDocumentPosition(stop) & side));
        return { key: back ? 'Shift+Tab' : 'Tab', steps: from === target ? 0 : between.length };
    }

    function focused() {
        const element = document.activeElement;
        if (!element || element === document.body) return null;
        const style = getComputedStyle(element);
        const box = element.getBoundingClientRect();
        return { number: element.dataset.tab ?? null, name: named(element), onScreen: box.width > 0 && box.height > 0 && box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
            outlined: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0 };
    }

    return { all, words, visible, named, settled, source, everything, looks, colours, print, hidden, rows, shown, count, state, columns, cells, reachable, wayTo, focused };
})();
