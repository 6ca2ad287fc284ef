// The permission matrix: tri-state heads, search, presets in place, the drawer of properties, arrow keys, and the sentence in words.
// Loaded before mandorla.js, which starts it on every part that arrives. Without this file the matrix is a plain form.
"use strict";
(() => {
  const all = (selector, root) => [...root.querySelectorAll(selector)];
  const actions = ["view", "create", "update", "remove", "export"];
  const on = (boxes) => boxes.some((b) => b.checked);

  // ---- In words: the same as Matrix.Words in kit/matrix_words.go ----

  const wordsLimit = 320;
  const details = [[6, 8, 3], [4, 5, 2], [3, 3, 1], [3, 2, 0]].map(([phrases, names, but]) => ({ phrases, names, but }));
  const done = ["seen", "created", "updated", "removed", "exported"];
  const join = (words, last) => words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} ${last} ${words.at(-1)}`;
  const same = (a, b) => a.length === b.length && a.every((x, i) => x === b[i]);
  const models = (n, more) => n === 1 ? `1 ${more}model` : `${n} ${more}models`;

  function left(detail, verb, prefix, out, n) {
    if (!out.length) return `${verb}all`;
    if (out.length === n) return `${verb}no property`;
    if (out.length <= detail.but && n > 3) return verb + prefix + join(out, "and");
    return `${verb}${n - out.length} of ${n} properties`;
  }
  function limits(row, detail) {
    const hidden = [], secret = [], locked = [];
    let writable = 0;
    for (const prop of row.props) {
      const open = prop.update.checked || !prop.update.disabled;
      if (!prop.view.checked) {
        hidden.push(prop.label);
        if (open) secret.push(prop.label);
      }
      if (open) {
        writable++;
        if (!prop.update.checked) locked.push(prop.label);
      }
    }
    const may = (action) => row.boxes.some((b) => b.dataset.col === action && b.checked);
    const verb = may("update") ? "update " : may("create") ? "set " : "";
    const said = [];
    if (may("view") && hidden.length) said.push(left(detail, "", "all properties but ", hidden, row.props.length));
    if (verb && (said.length ? !same(secret, locked) : locked.length)) said.push(left(detail, verb, "all but ", locked, writable));
    return said.length ? ` (${said.join(", ")})` : "";
  }
  function groupWords(rows, detail, granted) {
    const phrases = [];
    for (const row of rows) {
      const verbs = actions.filter((a) => row.boxes.some((b) => b.dataset.col === a && b.checked));
      if (!verbs.length) continue;
      for (const verb of verbs) granted.add(verb);
      const key = join(verbs, "and");
      let phrase = phrases.find((p) => p.verbs === key);
      if (!phrase) phrases.push(phrase = { verbs: key, names: [], plain: true });
      const limited = limits(row, detail);
      phrase.names.push(row.label + limited);
      phrase.plain &&= limited === "";
    }
    const names = (phrase) => {
      const n = phrase.names.length;
      const extra = n - detail.names;
      if (n === rows.length && n > 3 && phrase.plain) return `all ${models(n, "")}`;
      return join(extra > 1 ? [...phrase.names.slice(0, detail.names), models(extra, "more ")] : phrase.names, "and");
    };
    const parts = phrases.slice(0, detail.phrases).map((p) => `${p.verbs} ${names(p)}`);
    const rest = phrases.slice(detail.phrases).reduce((n, p) => n + p.names.length, 0);
    if (rest) parts.push(`work with ${models(rest, "more ")}`);
    return parts.length === 2 ? `${parts[0]}, and ${parts[1]}` : parts.join("; ");
  }
  function words(groups) {
    let out = "";
    for (const detail of details) {
      const said = [];
      groups.forEach((group, i) => {
        const granted = new Set();
        const part = groupWords(group.rows, detail, granted);
        if (i > 0) {
          if (part) said.push(`${group.label}: ${part}.`);
        } else if (!part) {
          said.push(groups.length > 1 ? `May do nothing with ${group.label.toLowerCase()}.` : "May do nothing.");
        } else {
          said.push(`May ${part}.`);
          const never = done.filter((_, n) => !granted.has(actions[n]));
          if (never.length) said.push(`Nothing may be ${join(never, "or")}.`);
        }
      });
      out = said.join(" ");
      if ([...out].length <= wordsLimit) break;
    }
    return out;
  }

  // ---- The parts ----

  function readRow(element) {
    const props = all("tr[data-prop]", element).map((line) => ({
      line, label: line.querySelector(".prop-label").textContent, text: line.dataset.prop.toLowerCase(),
      view: line.querySelector('input[data-col="pv"]'), update: line.querySelector('input[data-col="pu"]'),
    }));
    return {
      element, props, label: element.dataset.label, model: element.dataset.model,
      text: `${element.dataset.label} ${element.dataset.model}`.toLowerCase(),
      boxes: all(".matrix-boxes input", element), toggle: element.querySelector("[data-matrix-row]"),
      details: element.querySelector("details"), panel: element.querySelector(".matrix-props"),
      sum: element.querySelector("[data-matrix-sum]"), heads: all("[data-matrix-props]", element),
      future: { pv: element.querySelector('.prop-future input[data-col="pv"]'), pu: element.querySelector('.prop-future input[data-col="pu"]') },
      was: { view: false, write: false },
    };
  }
  const propBoxes = (row, column) => row.props.map((p) => column === "pv" ? p.view : p.update);
  const boxesOf = (row, names) => row.boxes.filter((b) => names.includes(b.dataset.col));
  const free = (boxes) => boxes.filter((b) => b && !b.disabled && !b.closest("[hidden]"));
  const state = (boxes) => {
    const can = boxes.filter((b) => !b.disabled || b.checked);
    const n = can.filter((b) => b.checked).length;
    return n === 0 ? "none" : n === can.length ? "all" : "some";
  };
  const show = (button, boxes) => {
    const now = state(boxes);
    button.querySelector(".tri").dataset.state = now;
    button.setAttribute("aria-pressed", now === "some" ? "mixed" : String(now === "all"));
  };
  const seen = (row) => row.props.filter((p) => p.view.checked).length;
  const summary = (row) => !row.props.length || !on(row.boxes) ? "–" : seen(row) === row.props.length ? "all" : `${seen(row)} of ${row.props.length}`;

  // fill ticks the properties of an action that is on for the first time and has none: one tick does what it says.
  function fill(row) {
    for (const [kind, column, names] of [["view", "pv", ["view"]], ["write", "pu", ["create", "update"]]]) {
      const now = on(boxesOf(row, names));
      const boxes = propBoxes(row, column).concat(row.future[column] ?? []);
      if (now && !row.was[kind] && !on(boxes)) for (const box of boxes) if (!box.disabled) box.checked = true;
      row.was[kind] = now;
    }
  }
  function settle(row) {
    row.was = { view: on(boxesOf(row, ["view"])), write: on(boxesOf(row, ["create", "update"])) };
  }

  function start(matrix) {
    if (matrix.classList.contains("matrix-read")) return;
    const rows = all(".matrix-row", matrix).map(readRow);
    const groups = all("[data-matrix-group]", matrix).map((element) => ({
      element, label: element.dataset.matrixGroup, rows: rows.filter((r) => element.contains(r.element)),
    }));
    const search = matrix.querySelector("[data-matrix-search]");
    const only = matrix.querySelector("[data-matrix-only]");
    const heads = all("[data-matrix-column]", matrix);
    const column = (verb) => rows.filter((r) => !r.element.hidden).flatMap((r) => boxesOf(r, [verb]));
    const drawer = startDrawer(matrix, rows, changed);

    function update() {
      for (const head of heads) show(head, column(head.dataset.matrixColumn.toLowerCase()));
      const text = search.value.trim().toLowerCase();
      for (const row of rows) {
        fill(row);
        show(row.toggle, row.boxes);
        for (const head of row.heads) show(head, propBoxes(row, head.dataset.matrixProps === "View" ? "pv" : "pu"));
        row.element.classList.toggle("is-off", !on(row.boxes));
        const found = text && !row.text.includes(text) ? row.props.filter((p) => p.text.includes(text)).length : 0;
        if (row.sum) row.sum.textContent = found ? `${found} found` : summary(row);
      }
      drawer.update();
      matrix.querySelector("[data-matrix-words]").textContent = words(groups);
    }
    function changed() {
      update();
      matrix.dispatchEvent(new CustomEvent("mandorla:set", { bubbles: true }));
    }
    function filter() {
      const text = search.value.trim().toLowerCase();
      for (const row of rows) {
        const hit = text === "" || row.text.includes(text) || row.props.some((p) => p.text.includes(text));
        row.element.hidden = !(hit && (!only.checked || on(row.boxes)));
      }
      for (const group of groups) group.element.hidden = group.rows.every((r) => r.element.hidden);
      matrix.querySelector("[data-matrix-none]").hidden = groups.some((g) => !g.element.hidden);
      update();
    }
    function toggle(boxes) {
      const change = free(boxes);
      const to = change.some((b) => !b.checked);
      for (const box of change) box.checked = to;
      changed();
    }

    // A preset or another set, ticked in place: what else the form holds stays as it was typed.
    async function apply(link) {
      let set;
      try {
        const answer = await fetch(link.href, { headers: { Accept: "application/json" } });
        if (!answer.ok) throw new Error(String(answer.status));
        set = await answer.json();
      } catch {
        location.assign(link.href);
        return;
      }
      const has = (list, id) => list === "all" || (Array.isArray(list) && list.includes(id));
      const tick = (box, to) => { if (box && !box.disabled) box.checked = to; };
      for (const row of rows) {
        const p = set[row.model] ?? { actions: [] };
        for (const box of row.boxes) tick(box, p.actions.includes(box.dataset.col));
        for (const [name, key, list] of [["pv", "view", p.view], ["pu", "update", p.update]]) {
          for (const prop of row.props) tick(prop[key], has(list, prop[key].name.slice(`${name}.${row.model}.`.length)));
          tick(row.future[name], list === "all");
        }
        settle(row);
      }
      filter();
      matrix.dispatchEvent(new CustomEvent("mandorla:set", { bubbles: true }));
    }

    matrix.addEventListener("change", (event) => { if (event.target.matches("[data-col]")) update(); });
    matrix.closest("form")?.addEventListener("mandorla:reset", () => { rows.forEach(settle); filter(); });
    // The search and the switch are not part of the form's changes.
    for (const control of [search, only]) {
      control.addEventListener("input", (event) => { event.stopPropagation(); filter(); });
      control.addEventListener("change", (event) => event.stopPropagation());
    }
    for (const kind of ["keydown", "keypress"]) {
      matrix.addEventListener(kind, (event) => {
        if (event.key === "Enter" && event.target instanceof HTMLInputElement) event.preventDefault(); // only the button saves
      });
    }
    matrix.addEventListener("click", (event) => {
      const link = event.target.closest("[data-matrix-apply]");
      if (link && !event.metaKey && !event.ctrlKey && !event.shiftKey) {
        event.preventDefault();
        link.closest("details").open = false;
        link.closest("details").querySelector("summary").focus();
        apply(link);
        return;
      }
      const button = event.target.closest("button.matrix-toggle, button.matrix-row-toggle");
      if (!button) return;
      const row = rows.find((r) => r.toggle === button || r.heads.includes(button));
      if (button.dataset.matrixColumn) toggle(column(button.dataset.matrixColumn.toLowerCase()));
      else if (button.dataset.matrixProps) toggle(propBoxes(row, button.dataset.matrixProps === "View" ? "pv" : "pu"));
      else toggle(row.boxes);
    });
    startArrows(matrix, () => [
      [null, ...heads],
      ...rows.filter((r) => !r.element.hidden).map((r) => [r.toggle, ...actions.map((a) => boxesOf(r, [a])[0])]),
    ]);
    startArrows(matrix, () => {
      const row = drawer.row();
      return row ? [row.heads, [row.future.pv, row.future.pu], ...row.props.filter((p) => !p.line.hidden).map((p) => [p.view, p.update])] : [];
    });

    for (const was of all("[data-matrix-was]", matrix)) was.value = actions.join(" "); // fill has done what the server would
    rows.forEach(settle);
    filter();
  }

  // ---- Arrow keys: over heads and boxes, past what is missing or cannot be changed ----

  const steps = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
  function startArrows(matrix, read) {
    matrix.addEventListener("keydown", (event) => {
      const step = steps[event.key];
      if (!step || event.defaultPrevented) return;
      const grid = read();
      let y = grid.findIndex((line) => line.includes(event.target));
      if (y < 0) return;
      let x = grid[y].indexOf(event.target);
      do {
        y += step[0];
        x += step[1];
      } while (grid[y] && x >= 0 && x < grid[y].length && (!grid[y][x] || grid[y][x].disabled));
      const next = grid[y]?.[x];
      if (!next) return;
      event.preventDefault();
      next.focus();
    });
  }

  // ---- The drawer: the row's own boxes, moved into a dialog inside the same form ----

  const marker = "#props=";
  function startDrawer(matrix, rows, changed) {
    const dialog = matrix.querySelector("[data-matrix-drawer]");
    const part = (name) => dialog.querySelector(`[data-matrix-drawer-${name}]`);
    const [body, sum, search, only, none] = ["body", "sum", "search", "only", "none"].map(part);
    let row = null;
    const asked = () => {
      if (!location.hash.startsWith(marker)) return null;
      try { return decodeURIComponent(location.hash.slice(marker.length)); } catch { return null; }
    };
    function update() {
      if (!row) return;
      const open = row.props.filter((p) => !p.update.disabled || p.update.checked);
      sum.textContent = `${seen(row)} of ${row.props.length} may be viewed, ${open.filter((p) => p.update.checked).length} of ${open.length} updated`;
    }
    function filter() {
      const text = search.value.trim().toLowerCase();
      for (const prop of row.props) {
        prop.line.hidden = text !== "" && !prop.text.includes(text) || only.checked && !prop.view.checked && !prop.update.checked;
      }
      none.hidden = row.props.some((p) => !p.line.hidden);
    }
    function open(next) {
      if (row === next) return;
      putBack();
      row = next;
      dialog.querySelector("h2").textContent = `Properties of ${row.label}`;
      body.append(row.panel);
      const text = matrix.querySelector("[data-matrix-search]").value.trim();
      search.value = text && !row.text.includes(text.toLowerCase()) ? text : "";
      only.checked = false;
      filter();
      update();
      if (!dialog.open) dialog.showModal();
      body.scrollTop = 0;
      search.focus();
    }
    function putBack() {
      if (!row) return;
      for (const prop of row.props) prop.line.hidden = false;
      row.details.append(row.panel);
      row = null;
    }
    function follow() { // the address
      const next = rows.find((r) => r.panel && r.model === asked());
      if (next) open(next);
      else if (dialog.open) dialog.close();
    }
    dialog.addEventListener("close", () => {
      const summary = row?.details.querySelector("summary");
      const mine = row && asked() === row.model;
      putBack();
      summary?.focus();
      if (!mine) return;
      if (history.state?.props) history.back();
      else history.replaceState(null, "", location.pathname + location.search);
    });
    for (const control of [search, only]) {
      control.addEventListener("input", (event) => { event.stopPropagation(); filter(); });
      control.addEventListener("change", (event) => event.stopPropagation());
    }
    for (const button of all("[data-matrix-all]", dialog)) {
      button.addEventListener("click", () => {
        const boxes = row.props.flatMap((p) => [p.view, p.update]);
        if (search.value.trim() === "" && !only.checked) boxes.push(row.future.pv, row.future.pu);
        for (const box of free(boxes)) box.checked = button.dataset.matrixAll === "on";
        changed();
      });
    }
    for (const one of rows) {
      one.details?.querySelector("summary").addEventListener("click", (event) => {
        event.preventDefault();
        history.pushState({ props: true }, "", marker + encodeURIComponent(one.model));
        follow();
      });
    }
    window.addEventListener("popstate", follow);
    window.addEventListener("hashchange", follow);
    queueMicrotask(follow);
    return { update, row: () => row };
  }

  window.mandorlaParts = [["[data-matrix]", start]];
})();
