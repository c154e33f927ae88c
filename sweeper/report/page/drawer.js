// One trial in full, in a dialog that `#trial-7` opens, or two side by side, `#trial-7-9`: the way back, and any link
// to it, are the browser's own.
{
  const SVG = { width: 320, height: 132, left: 34, right: 8, top: 8, bottom: 20 };
  const drawer = document.getElementById("drawer");
  const title = document.getElementById("drawer-title");
  const content = document.getElementById("drawer-body");
  const rows = new Map(study.trials.map((number, row) => [number, row]));
  const starts = [0];
  for (const epochs of study.epochs.counts) starts.push(starts.at(-1) + epochs);
  let together = [];
  let shown = "";

  function route() {
    const wanted = /^#trial-(\d+)(?:-(\d+))?$/.exec(location.hash) ?? [];
    const [row, other] = wanted.slice(1).map((number) => (number === undefined ? undefined : rows.get(Number(number))));
    if (row === undefined) return drawer.close();
    shown = location.hash;
    const two = other !== undefined && other !== row;
    title.textContent = `Trial ${study.trials[row]}${two ? ` and trial ${study.trials[other]}` : ""}`;
    content.replaceChildren(...(two ? sideBySide([row, other]) : parts(row)).filter((part) => part));
    content.scrollTop = 0;
    if (!drawer.open) drawer.showModal();
    title.focus();
  }

  function parts(row) {
    const number = study.trials[row];
    const settings = Object.entries(study.settings).map(([path, texts]) => [path, textAt(texts, row)]);
    return [
      element("p", { class: "kind" }, `${textAt(study.arm, row)} · ${textAt(study.state, row)}`),
      others(number),
      study.trials.length > 1 && companion(number),
      ...failure(row),
      ...epochs(row),
      heading("Result and run"),
      facts([
        ...study.columns.slice(1).filter((column) => column.numeric).map((column) => [column.heading, textAt(column.texts, row)]),
        ...Object.entries(study.facts).map(([name, texts]) => [name, textAt(texts, row)]),
      ]),
      settings.length && heading("Settings that differ between trials"),
      settings.length && facts(settings),
      shared(settings.length === 0),
      ...(study.study ? [element("p", { class: "notes" }, "On the command line: ", element("code", {}, `sweeper show ${study.study} ${number}`))] : []),
    ];
  }

  /** Where a second trial is named. */
  function companion(number) {
    const input = element("input", { id: "companion", type: "number", min: 0, step: 1 });
    const said = element("span", { role: "status" });
    input.addEventListener("change", () => {
      const other = Number(input.value);
      if (input.value === "") said.textContent = "";
      else if (other === number) said.textContent = "That is this trial.";
      else if (!rows.has(other)) said.textContent = `There is no trial ${input.value}.`;
      else location.hash = `trial-${number}-${other}`;
    });
    return element("p", { class: "companion" }, element("label", { for: "companion" }, "Compare with trial"), input, said);
  }

  /** What differs between two trials: settings, results, dev scores by epoch. */
  function sideBySide(pair) {
    const names = pair.map((row) => `trial ${study.trials[row]}`);
    const both = (packed) => pair.map((row) => textAt(packed, row));
    const settings = Object.entries(study.settings).map(([path, texts]) => [path, ...both(texts)]);
    const differ = settings.filter(([, one, other]) => one !== other);
    const equal = settings.length - differ.length + Object.keys(study.shared).length;
    const results = study.columns.slice(1).filter((column) => column.numeric).map((column) => [column.heading, ...both(column.texts)]);
    const numbers = pair.map((row) => study.trials[row]).join(" ");
    return [
      ...pair.map((row) => element("p", { class: "kind" },
        element("a", { href: `#trial-${study.trials[row]}` }, `Trial ${study.trials[row]}`),
        ` · ${textAt(study.arm, row)} · ${textAt(study.state, row)}`)),
      heading("Settings that differ"),
      differ.length && grid("Settings that differ", ["setting", ...names], differ, false),
      element("p", { class: "notes" }, differ.length ? `Equal: ${equal} ${equal === 1 ? "setting" : "settings"}.` : `All ${equal} settings are equal.`),
      ...epochsOfBoth(pair, names),
      heading("Result and run"),
      grid("Result and run", ["figure", ...names], results.filter(([, ...texts]) => texts.some((text) => text && text !== "—"))),
      ...(study.study ? [element("p", { class: "notes" }, "Dev rows where they disagree, on the command line: ", element("code", {}, `sweeper diff ${study.study} ${numbers}`))] : []),
    ];
  }

  /** The dev scores of two trials by epoch, and how much more the first one has. */
  function epochsOfBoth(pair, names) {
    const sides = pair.map(measured);
    const numbers = [...new Set(sides.flatMap((side) => side.numbers))].sort((one, other) => one - other);
    const tasks = [...new Set(sides.flatMap((side) => side.series).filter((each) => each.split === "dev" && each.metric !== "loss")
      .map((each) => each.task))];
    const drawn = [];
    const lines = tasks.flatMap((task, place) => {
      const [one, other] = sides.map((side) => {
        const found = side.series.find((each) => each.split === "dev" && each.metric !== "loss" && each.task === task);
        return numbers.map((number) => found?.values[side.numbers.indexOf(number)] ?? null);
      });
      const styles = [`line task-${place % 6}`, `line task-${place % 6} other`];
      [one, other].forEach((values, side) => drawn.push({ values, style: styles[side] }));
      const gaps = numbers.map((_, at) => (one[at] === null || other[at] === null ? null : one[at] - other[at]));
      return [
        [[key({ style: styles[0] }), `${task}, ${names[0]}`], ...one.map(score)],
        [[key({ style: styles[1] }), `${task}, ${names[1]}`], ...other.map(score)],
        [[`${task}, difference`], ...gaps.map((gap) => (gap > 0 ? "+" : "") + score(gap))],
      ];
    });
    if (!lines.length) return [];
    return [
      heading("Dev scores by epoch"),
      chart(drawn, numbers),
      grid("Dev scores by epoch", ["epoch", ...numbers.map(String)], lines),
      element("p", { class: "notes" }, `Differences: ${names.join(" minus ")}, of scores rounded to four decimals.`),
    ];
  }

  const score = (value) => (value === null ? "—" : value.toFixed(4));

  /** A table whose first column holds the headings of its rows; what is wider than the dialog can be scrolled. */
  function grid(name, [first, ...others], lines, numeric = true) {
    const kind = (text) => (numeric ? { class: "n" } : text.length > 24 ? { class: "long" } : {});
    const head = element("tr", {}, element("th", { scope: "col" }, first),
      ...others.map((text) => element("th", { scope: "col", ...kind("") }, text)));
    const body = lines.map(([label, ...texts]) => element("tr", {},
      element("th", { scope: "row" }, ...[label].flat()), ...texts.map((text) => element("td", kind(text), text))));
    const table = element("table", {}, element("thead", {}, head), element("tbody", {}, ...body));
    return element("div", { class: "wide", role: "region", tabindex: 0, "aria-label": name }, table);
  }

  const heading = (text) => element("h3", {}, text);

  const facts = (pairs) => element("dl", {}, ...pairs.filter(([, text]) => text && text !== "—")
    .flatMap(([name, text]) => [element("dt", {}, name), element("dd", {}, text)]));

  function others(number) {
    if (!together.includes(number)) return null;
    const links = together.map((each) =>
      element("a", { href: `#trial-${each}`, ...(each === number ? { "aria-current": "true" } : {}) }, String(each)));
    return element("nav", { "aria-label": "Trials of one score" }, "One score of trials ", ...links.flatMap((link) => [link, " "]));
  }

  function failure(row) {
    const [kind, text] = [textAt(study.failure, row), textAt(study.traceback, row)];
    if (!kind && !text) return [];
    const note = study.cut ? [element("p", { class: "notes" }, "Long tracebacks are cut here.")] : [];
    return [heading(`Error: ${kind}`), element("pre", { tabindex: 0, role: "region", "aria-label": "Traceback" }, text), ...note];
  }

  function shared(open) {
    const pairs = Object.entries(study.shared);
    const details = element("details", open ? { open: "" } : {}, element("summary", {}, "Settings that all trials share"), facts(pairs));
    return pairs.length ? details : null;
  }

  /** The epochs of a trial, and what was measured at each. */
  function measured(row) {
    const [from, to] = [starts[row], starts[row + 1]];
    const numbers = study.epochs.epoch.slice(from, to);
    const series = study.epochs.series
      .map((each) => ({ ...each, values: each.values.slice(from, to).map((value) => (value === null ? null : value / study.epochs.steps)) }))
      .filter((each) => each.values.some((value) => value !== null));
    return { numbers, series };
  }

  /** The chart and the table of a trial's scores and losses by epoch. */
  function epochs(row) {
    const { numbers, series } = measured(row);
    if (!numbers.length || !series.length) return [];
    const tasks = [...new Set(series.map((each) => each.task))];
    series.forEach((each) => { each.style = `line task-${tasks.indexOf(each.task) % 6} ${each.split}`; });
    const scores = series.filter((each) => each.metric !== "loss");
    const lines = series.map((each) => {
      const swatch = scores.includes(each) ? [key(each)] : [];
      const name = each.task === each.metric ? `${each.split} ${each.task}` : `${each.split} ${each.task} ${each.metric}`;
      return [[...swatch, name], ...each.values.map(score)];
    });
    const table = grid("Scores by epoch", ["epoch", ...numbers.map(String)], lines);
    return [heading("Scores by epoch"), scores.length ? chart(scores, numbers) : null, table];
  }

  /** Scores against epochs; the table beside it has the numbers. */
  function chart(series, numbers) {
    const svg = document.getElementById("chart").content.firstElementChild.cloneNode(true);
    svg.setAttribute("aria-label", "Scores by epoch, as in the table below");
    const values = series.flatMap((each) => each.values).filter((value) => value !== null);
    const [low, high] = [Math.min(...values), Math.max(...values)];
    const [begin, end] = [numbers[0], numbers.at(-1)];
    const x = (number) => SVG.left + (SVG.width - SVG.left - SVG.right) * (end > begin ? (number - begin) / (end - begin) : 0.5);
    const y = (value) => SVG.top + (SVG.height - SVG.top - SVG.bottom) * (high > low ? (high - value) / (high - low) : 0.5);
    for (const value of new Set([low, high])) {
      svg.append(shape("line", { class: "grid", x1: SVG.left, x2: SVG.width - SVG.right, y1: y(value), y2: y(value) }));
      svg.append(shape("text", { x: SVG.left - 4, y: y(value) + 4, "text-anchor": "end" }, value.toFixed(2)));
    }
    for (const number of new Set([begin, end])) {
      svg.append(shape("text", { x: x(number), y: SVG.height - 4, "text-anchor": "middle" }, String(number)));
    }
    for (const each of series) {
      const points = numbers.map((number, place) => [number, each.values[place]]).filter(([, value]) => value !== null);
      const corners = points.map(([number, value]) => `${x(number).toFixed(1)},${y(value).toFixed(1)}`);
      svg.append(shape("polyline", { class: each.style, points: corners.join(" ") }));
      for (const corner of corners) {
        const [cx, cy] = corner.split(",");
        svg.append(shape("circle", { class: each.style, cx, cy, r: 1.8 }));
      }
    }
    return svg;
  }

  function key(each) {
    const svg = document.getElementById("chart").content.firstElementChild.cloneNode(true);
    for (const [name, value] of Object.entries({ viewBox: "0 0 24 8", class: "key", "aria-hidden": "true" })) svg.setAttribute(name, value);
    svg.append(shape("polyline", { class: each.style, points: "1,4 23,4" }));
    return svg;
  }

  function shape(name, attributes, text = "") {
    // The page's own SVG knows the namespace.
    const space = document.getElementById("chart").content.firstElementChild.namespaceURI;
    const made = document.createElementNS(space, name);
    for (const [attribute, value] of Object.entries(attributes)) made.setAttribute(attribute, value);
    made.textContent = text;
    return made;
  }

  document.addEventListener("click", (event) => {
    const link = event.target.closest("a");
    if (link && !drawer.contains(link)) together = (link.dataset.trials ?? "").split(" ").filter(Boolean).map(Number);
    if (event.target === drawer || event.target.id === "close") drawer.close();
  });
  drawer.addEventListener("close", () => {
    // Another trial may have been asked for in the meantime.
    if (!drawer.open && location.hash === shown) history.replaceState(null, "", location.pathname + location.search);
  });
  addEventListener("hashchange", route);
  route();
}
