// The rows of long tables beyond those that the page has without scripts.
{
  const TIE = "not told apart from the best";

  function tied() {
    const sign = element("span", { "aria-hidden": "true" }, "\u2020");
    return element("sup", { title: TIE }, sign, element("span", { class: "unseen" }, ` ${TIE}`));
  }

  function content(cell) {
    if (typeof cell === "string") return [cell];
    const [text, trials, several, bold, tie] = cell;
    const shown = [bold ? element("b", {}, text) : text, ...(tie ? [tied()] : [])];
    if (!trials.length) return shown;
    const names = several || `trial ${trials[0]}`;
    const label = `${text}${tie ? `, ${TIE}` : ""}, ${names}`;
    const link = element("a", { href: `#trial-${trials[0]}`, title: names, "aria-label": label }, ...shown);
    if (trials.length > 1) link.dataset.trials = trials.join(" ");
    return [link];
  }

  for (const source of document.querySelectorAll("script[data-rest]")) {
    const { numeric, groups, rows } = JSON.parse(source.textContent);
    const textOf = (cell) => (typeof cell === "string" ? cell : cell[0]);
    source.closest("section").querySelector("tbody").append(...rows.map((row) => {
      const cells = row.map((cell, place) => {
        const kind = numeric[place] ? { class: "n" } : textOf(cell).length > 24 ? { class: "long" } : {};
        return element("td", kind, ...content(cell));
      });
      return element("tr", groups && textOf(row[0]) ? { class: "group" } : {}, ...cells);
    }));
  }
}
