// The table of all trials: sorted, filtered, and drawn a page at a time.
const study = JSON.parse(document.getElementById("trials-data").textContent);

/** The text of one trial in a column that may hold each distinct text only once. */
const textAt = (packed, row) => (Array.isArray(packed) ? packed[row] : packed.of[packed.at ? packed.at[row] : 0]);

/** A new element with attributes and with children, which are text unless they are elements. */
function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

{
  const PAGE = 250;
  const section = document.getElementById("trials");
  const body = section.querySelector("tbody");
  const headings = [...section.querySelectorAll("thead th")];
  const count = document.getElementById("count");
  const [earlier, later] = [document.getElementById("earlier"), document.getElementById("later")];
  const [arm, state, words] = ["arm", "state", "text"].map((name) => document.getElementById(`filter-${name}`));
  const marked = { bold: places(study.bold), tie: places(study.tie) };
  const inOrder = new Intl.Collator("en", { numeric: true });
  let order = study.trials.map((_, row) => row);
  let shown = order;
  let first = 0;

  function places(pairs) {
    return new Set(pairs.map((pair) => pair.join()));
  }

  /** What a cell is sorted by: its number, else its text, or null where there is neither. */
  function sortKey(column, row) {
    if (column.values && column.values[row] !== null) return column.values[row];
    const text = textAt(column.texts, row);
    if (text === "" || text === "—") return null;
    return Number.isNaN(Number(text)) ? text : Number(text);
  }

  function compare(one, other) {
    if (typeof one !== typeof other) return typeof one === "number" ? -1 : 1;
    return typeof one === "number" ? one - other : inOrder.compare(one, other);
  }

  function sort(place, descending) {
    const keys = study.trials.map((_, row) => sortKey(study.columns[place], row));
    const sign = descending ? -1 : 1;
    // Trials without a value come last either way.
    order = study.trials.map((_, row) => row).sort((one, other) =>
      (keys[one] === null) - (keys[other] === null)
      || (keys[one] !== null && sign * compare(keys[one], keys[other])) || one - other);
    headings.forEach((heading) => heading.removeAttribute("aria-sort"));
    headings[place].setAttribute("aria-sort", descending ? "descending" : "ascending");
    filter();
  }

  /** Text in which "dropout = 0.3", "dropout: 0.3" and "Dropout 0.3" are one. */
  const plain = (text) => text.toLowerCase().replace(/\s*[=:\s]\s*/g, " ");

  let described = null;
  function descriptions() {
    const settings = Object.entries(study.settings);
    described ??= study.trials.map((_, row) => [
      ...study.columns.map((column) => `${column.heading} ${textAt(column.texts, row)}`),
      ...settings.map(([path, texts]) => `${path} ${textAt(texts, row)}`),
      textAt(study.failure, row),
    ].map(plain).join("\n"));
    return described;
  }

  function filter() {
    const parts = words.value.split(",").map((part) => plain(part.trim()));
    const sought = parts.filter((part) => part);
    shown = order.filter((row) =>
      (!arm.value || textAt(study.arm, row) === arm.value)
      && (!state.value || textAt(study.state, row) === state.value)
      && sought.every((part) => descriptions()[row].includes(part)));
    turn(0);
  }

  function turn(to) {
    first = to;
    const last = Math.min(first + PAGE, shown.length);
    const [some, all] = [shown.length.toLocaleString("en"), study.trials.length.toLocaleString("en")];
    const noun = study.trials.length === 1 ? "trial" : "trials";
    const what = shown.length < study.trials.length ? `${some} of ${all} ${noun}` : `${all} ${noun}`;
    const rows = `, rows ${(first + 1).toLocaleString("en")} to ${last.toLocaleString("en")}`;
    count.textContent = what + (shown.length > PAGE ? rows : "");
    body.replaceChildren(...shown.slice(first, last).map(tableRow));
    if (!shown.length) body.append(element("tr", {}, element("td", { colspan: headings.length }, nothing())));
    earlier.disabled = first === 0;
    later.disabled = last === shown.length;
    earlier.parentElement.hidden = shown.length <= PAGE;
  }

  const nothing = () => (study.trials.length ? "No trial is like that." : "No trial yet.");

  function tableRow(row) {
    const link = element("a", { href: `#trial-${study.trials[row]}` }, String(study.trials[row]));
    const made = element("tr", {}, element("th", { scope: "row" }, link));
    study.columns.slice(1).forEach((column, place) => {
      const text = textAt(column.texts, row);
      const kind = text.length > 24 && !column.numeric ? { class: "long" } : {};
      const key = `${row},${place + 1}`;
      made.append(element("td", kind, marked.bold.has(key) ? element("b", {}, text) : text));
      if (marked.tie.has(key)) made.lastChild.append(element("sup", { title: "not told apart from the best" }, "†"));
    });
    return made;
  }

  headings.forEach((heading, place) => {
    const button = element("button", { type: "button" }, heading.textContent);
    button.addEventListener("click", () => {
      const sorted = heading.getAttribute("aria-sort");
      sort(place, sorted ? sorted === "ascending" : study.columns[place].numeric);
    });
    heading.replaceChildren(button);
  });
  headings[0].setAttribute("aria-sort", "ascending");
  for (const [select, packed] of [[arm, study.arm], [state, study.state]]) {
    const values = new Set(Array.isArray(packed) ? packed : packed.of);
    select.append(...[...values].map((value) => element("option", { value }, value)));
    select.addEventListener("change", filter);
  }
  let pause = 0;
  words.addEventListener("input", () => {
    clearTimeout(pause);
    pause = setTimeout(filter, 120);
  });
  for (const [button, step] of [[earlier, -PAGE], [later, PAGE]]) {
    button.addEventListener("click", () => {
      turn(first + step);
      section.scrollIntoView();
    });
  }
  section.querySelector(".filters").hidden = false;
  turn(0);
}
