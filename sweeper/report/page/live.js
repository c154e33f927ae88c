"use strict";
// Keeps a served page at what its study is now: what has changed is put in its place, and the page's own script runs
// again over it. Where the reader is, and what they have opened, sought, sorted or typed, stays.
{
  const [EVERY, AWAY, QUIET, PATIENCE] = [2000, 10000, 400, 10000];
  const KEPT = new Set(["live", "drawer", "said", "own"]);
  const own = document.getElementById("own")?.textContent;
  const byId = (id) => document.getElementById(id);
  const pause = (milliseconds) => new Promise((done) => { setTimeout(done, milliseconds); });
  let version = document.body.dataset.version;
  let listeners = new AbortController();
  let [typed, held, wrong] = [-QUIET, false, false];

  function say(id, text) {
    // What is there already would be read out once more.
    if (byId(id).textContent !== text) byId(id).textContent = text;
  }

  /** Runs the page's own script, whose listeners of the last time are taken off. */
  function run() {
    listeners.abort();
    listeners = new AbortController();
    const { signal } = listeners;
    const [listen, Observer] = [EventTarget.prototype.addEventListener, window.IntersectionObserver];
    EventTarget.prototype.addEventListener = function bound(type, heard, options) {
      const given = typeof options === "object" ? options : { capture: Boolean(options) };
      return listen.call(this ?? window, type, heard, { ...given, signal });
    };
    window.IntersectionObserver = class extends Observer {
      constructor(...given) {
        super(...given);
        listen.call(signal, "abort", () => this.disconnect());
      }
    };
    const script = document.createElement("script");
    script.textContent = own;
    document.body.append(script);
    script.remove();
    EventTarget.prototype.addEventListener = listen;
    window.IntersectionObserver = Observer;
  }

  /** Makes an element what another one is; what is the same stays the same node. */
  function become(old, fresh) {
    if (old.nodeType !== Node.ELEMENT_NODE) {
      if (old.data !== fresh.data) old.data = fresh.data;
      return;
    }
    if (KEPT.has(old.id)) return;
    // A drawing has styles and children of plotly's.
    const drawing = old.classList.contains("plot");
    for (const { name, value } of fresh.attributes) if (!drawing && old.getAttribute(name) !== value) old.setAttribute(name, value);
    for (const { name } of [...old.attributes]) if (!drawing && name !== "open" && !fresh.hasAttribute(name)) old.removeAttribute(name);
    // The page's own script makes the rows of the trials.
    if (drawing || old.matches("#trials tbody")) return;
    const wanted = new Set([...fresh.children].map((each) => each.id).filter(Boolean));
    let at = old.firstChild;
    for (const next of fresh.childNodes) {
      let same = at && at.nodeName === next.nodeName && !at.id ? at : null;
      if (next.id) {
        same = [...old.children].find((each) => each.id === next.id) ?? null;
        while (same && at && at !== same && !wanted.has(at.id)) {
          const gone = at;
          at = at.nextSibling;
          gone.remove();
        }
      }
      if (!same) {
        old.insertBefore(document.importNode(next, true), at);
        continue;
      }
      if (same === at) at = at.nextSibling;
      else old.insertBefore(same, at);
      become(same, next);
    }
    while (at) {
      const gone = at;
      at = at.nextSibling;
      gone.remove();
    }
  }

  /** What finds an element again, or what has come in its place. */
  function finder(element) {
    if (element.id) return () => byId(element.id);
    const place = element.closest("[id]");
    const href = element.getAttribute("href");
    const wanted = href ? `a[href="${CSS.escape(href)}"]` : element.localName;
    const number = place ? [...place.querySelectorAll(wanted)].indexOf(element) : -1;
    return () => {
      if (element.isConnected) return element;
      return (place && byId(place.id)?.querySelectorAll(wanted)[href ? 0 : number]) ?? byId(place?.id)?.querySelector(".wide");
    };
  }

  /** Keeps what is at the top of the window there. */
  function anchored() {
    const tops = [...document.querySelectorAll("body > header, main section[id], .said, #trials tbody a")]
      .map((each) => [each, each.getBoundingClientRect().top]).filter(([, top]) => top < innerHeight);
    const [nearest, top] = tops.reduce((one, other) => (Math.abs(other[1]) < Math.abs(one[1]) ? other : one));
    const find = finder(nearest);
    return () => {
      const now = find();
      if (now && scrollY > 0) scrollBy({ top: now.getBoundingClientRect().top - top, behavior: "instant" });
    };
  }

  /** What the page's own script would forget; gives it back. */
  function remembered() {
    const filters = ["filter-arm", "filter-state"].map((id) => [id, byId(id).value]);
    const sorted = document.querySelector("#trials thead th[aria-sort]");
    const order = sorted && [sorted.textContent, sorted.getAttribute("aria-sort")];
    const firstRow = () => Number((/rows ([\d,]+) to/.exec(byId("count").textContent)?.[1] ?? "1").replaceAll(",", ""));
    const first = firstRow();
    const details = new Map([...document.querySelectorAll("details")].map((each) => [each.firstElementChild.textContent, each.open]));
    const together = [...document.querySelectorAll('#drawer nav[aria-label="Trials of one score"] a')].map((each) => each.textContent);
    const companion = byId("companion");
    const number = companion?.value;
    const typing = companion === document.activeElement;
    // Else it would tell that it has changed when it goes.
    if (companion) companion.value = "";
    const drawn = byId("drawer-body").scrollTop;
    const [focus, anchor] = [finder(document.activeElement), anchored()];
    return () => {
      for (const [id, value] of filters) byId(id).value = value;
      if (filters.some(([, value]) => value) || byId("filter-text").value) byId("filter-arm").dispatchEvent(new Event("change"));
      const heading = order && [...document.querySelectorAll("#trials thead th")].find((each) => each.textContent === order[0]);
      for (let turns = 0; heading && heading.getAttribute("aria-sort") !== order[1] && turns < 2; turns += 1) heading.firstElementChild.click();
      while (firstRow() < first && !byId("later").disabled) byId("later").click();
      if (together.length) {
        const link = document.createElement("a");
        link.dataset.trials = together.join(" ");
        document.body.append(link);
        link.click();
        link.remove();
        dispatchEvent(new Event("hashchange"));
      }
      for (const each of document.querySelectorAll("details")) each.open = details.get(each.firstElementChild.textContent) ?? each.open;
      const now = focus();
      if (now && now !== document.activeElement) now.focus({ preventScroll: true });
      // As if it was typed: then it is a change when the reader leaves the field.
      if (typing && number && now?.id === "companion") document.execCommand("insertText", false, number);
      byId("drawer-body").scrollTop = drawn;
      anchor();
    };
  }

  /** Waits while the reader types, drags or has text selected, but not for ever. */
  async function quiet() {
    const begun = performance.now();
    const busy = () => held || performance.now() - typed < QUIET || !getSelection().isCollapsed;
    while (busy() && performance.now() - begun < PATIENCE) await pause(100);
  }

  function ended(page) {
    const { trials, state } = JSON.parse(page.getElementById("trials-data").textContent);
    const stateOf = (row) => (Array.isArray(state) ? state[row] : state.of[state.at ? state.at[row] : 0]);
    return trials.filter((_, row) => !["running", "queued"].includes(stateOf(row)));
  }

  function replace(fresh) {
    const before = new Set(ended(document));
    const more = ended(fresh).filter((number) => !before.has(number));
    const sources = [...document.querySelectorAll("script[data-plot]")];
    const drawn = new Map(sources.filter((each) => byId(each.dataset.plot).matches(".js-plotly-plot"))
      .map((each) => [each.dataset.plot, each.textContent]));
    const giveBack = remembered();
    document.title = fresh.title;
    for (const part of ["style", "body > header", "main", "#print"]) become(document.querySelector(part), fresh.querySelector(part));
    // A drawing that has not changed stays as far zoomed as it is.
    const stay = [...document.querySelectorAll("script[data-plot]")]
      .filter((each) => drawn.get(each.dataset.plot) === each.textContent);
    const keys = stay.map((each) => each.dataset.plot);
    stay.forEach((each) => delete each.dataset.plot);
    // Opened anew, a drawer takes the focus.
    byId("drawer-title").focus = () => {};
    run();
    giveBack();
    delete byId("drawer-title").focus;
    stay.forEach((each, place) => { each.dataset.plot = keys[place]; });
    version = fresh.body.dataset.version;
    if (wrong) say("live-said", "");
    wrong = false;
    say("live-when", `As of ${new Date().toLocaleTimeString("en-GB")}.`);
    if (more.length > 3) say("live-said", `${more.length} more trials have ended.`);
    else if (more.length) say("live-said", `${more.length === 1 ? "Trial" : "Trials"} ${more.join(", ")} ${more.length === 1 ? "has" : "have"} ended.`);
  }

  /** Asks once; gives how long to wait before it asks again. */
  async function look() {
    const asked = await fetch("version", { cache: "no-store" });
    const now = await asked.json();
    if (now.version === version) {
      if (now.said || wrong) say("live-said", now.said);
      wrong = Boolean(now.said);
      return EVERY;
    }
    const answer = await fetch("/", { cache: "no-store" });
    if (!answer.ok) throw new Error(await answer.text());
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (own === undefined) location.reload();
    else if (fresh.getElementById("own") === null) {
      wrong = true;
      say("live-said", fresh.querySelector("main p").textContent);
    } else {
      await quiet();
      replace(fresh);
    }
    return EVERY;
  }

  async function follow() {
    // What waits may be there to stay: it is not to be loaded again and again without a pause.
    if (own === undefined) await pause(EVERY);
    for (;;) {
      // Nobody looks at a page in the background.
      while (document.hidden) await new Promise((seen) => { addEventListener("visibilitychange", seen, { once: true }); });
      let wait = AWAY;
      try {
        wait = await look();
      } catch (error) {
        wrong = true;
        say("live-said", error instanceof TypeError ? "The server does not answer: this is what it showed last." : error.message);
      }
      await pause(wait);
    }
  }

  addEventListener("input", () => { typed = performance.now(); }, true);
  addEventListener("pointerdown", () => { held = true; }, true);
  for (const end of ["pointerup", "pointercancel"]) addEventListener(end, () => { held = false; }, true);
  document.documentElement.style.overflowAnchor = "none";
  if (own !== undefined) run();
  say("live-when", `As of ${new Date().toLocaleTimeString("en-GB")}.`);
  follow();
}
