// Before the first paint: the script runs, and the theme that the reader chose.
document.documentElement.classList.add("js");
try {
    const theme = localStorage.getItem("theme");
    if (theme === "light" || theme === "dark") {
        document.documentElement.dataset.theme = theme;
    }
} catch (error) {
    // no storage, no choice
}
