// What the pages do beyond links and forms. Everything is found by data- attributes, works on
// parts that htmx brings in later, and has a plain way without this file.
"use strict";
(() => {
  const doc = document;
  const all = (selector, root = doc) => [...root.querySelectorAll(selector)];
  const within = (event, selector) => event.target instanceof Element && event.target.closest(selector);
  const on = (type, selector, act, options) => doc.addEventListener(type, (event) => {
    const element = within(event, selector);
    if (element) act(element, event);
  }, options);
  const csrf = () => doc.querySelector('meta[name="csrf-token"]')?.content ?? "";
  const plural = (n, one, many) => `${n} ${n === 1 ? one : many}`;

  // ---- Leaving: one guard for unsaved forms and secrets that were not stored ----

  const unsaved = new Set(); // elements that a reader would lose something of
  let leaving = false;
  window.addEventListener("beforeunload", (event) => {
    for (const element of unsaved) if (!element.isConnected) unsaved.delete(element);
    if (unsaved.size && !leaving) event.preventDefault();
  });
  const leave = () => { leaving = true; setTimeout(() => { leaving = false; }, 2000); };

  // ---- Save bars ----

  function snapshot(form) {
    const values = new Map();
    for (const [name, value] of new FormData(form)) {
      const text = value instanceof File ? value.name + value.size : value.replace(/\r\n/g, "\n");
      values.set(name, (values.get(name) ?? []).concat(text));
    }
    return values;
  }

  // What a name belongs to, for counting: the properties of a model are one change, and none beside a change of its actions.
  function changes(before, after) {
    const plain = new Set();
    const props = new Set();
    for (const name of new Set([...before.keys(), ...after.keys()])) {
      if (JSON.stringify(before.get(name)) === JSON.stringify(after.get(name))) continue;
      const property = /^p[vua]\.([^.]+)\./.exec(name);
      if (property) props.add(`p.${property[1]}.`);
      else plain.add(name);
    }
    return plain.size + [...props].filter((model) => ![...plain].some((name) => name.startsWith(model))).length;
  }

  function startSaveBar(bar) {
    const form = bar.closest("form") ?? bar.querySelector("button[form]")?.form;
    if (!form) return;
    const before = snapshot(form);
    const forced = bar.classList.contains("is-dirty");
    const count = bar.querySelector("[data-savebar-count]");
    const note = bar.querySelector("[data-savebar-note]");
    const save = bar.querySelector("[name=confirmed]");
    const first = note.textContent;
    let timer = 0;
    let asked = 0;
    // What saving will do. The button confirms the note that is shown, and nothing while there is none yet: the server then asks.
    const preview = () => {
      clearTimeout(timer);
      asked++;
      if (!bar.dataset.preview) return;
      save.value = "";
      timer = setTimeout(async () => {
        const turn = asked;
        try {
          const body = new FormData(form);
          const answer = await fetch(bar.dataset.preview, { method: "POST", headers: { "X-Csrf-Token": csrf() },
            body: form.enctype === "multipart/form-data" ? body : new URLSearchParams(body) });
          if (!answer.ok) return;
          const text = await answer.text();
          if (turn !== asked) return;
          note.textContent = text;
          save.value = text;
        } catch { /* the note stays as it was */ }
      }, 300);
    };
    const update = () => {
      const n = changes(before, snapshot(form));
      const dirty = n > 0 || forced;
      bar.classList.toggle("is-dirty", dirty);
      count.textContent = n > 0 ? plural(n, "change", "changes") : "Unsaved changes";
      if (dirty) unsaved.add(form); else unsaved.delete(form);
      if (dirty) preview();
      else {
        clearTimeout(timer);
        asked++;
        note.textContent = first;
      }
    };
    for (const kind of ["input", "change", "mandorla:set"]) form.addEventListener(kind, update);
    form.addEventListener("reset", () => setTimeout(() => { form.dispatchEvent(new CustomEvent("mandorla:reset")); update(); }));
    form.addEventListener("submit", leave);
    if (forced) {
      unsaved.add(form);
      if (save && !save.value) preview();
    }
  }
  on("click", "a[data-discard]", leave);

  // ---- Dialogs and drawers ----

  function openLayer(dialog) {
    dialog.removeAttribute("open");
    dialog.showModal();
    dialog.tabIndex = -1;
    (dialog.querySelector("[autofocus]") ?? dialog.querySelector(".layer-body :is(input, select, textarea):not([type=hidden], [readonly], :disabled)") ?? dialog).focus();
  }
  function closeLayer(dialog) {
    if (dialog.dataset.close) location.assign(dialog.dataset.close);
    else dialog.close();
  }
  on("click", "[data-modal]", (button, event) => {
    const dialog = doc.getElementById(button.dataset.modal);
    if (!dialog || event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    button.closest("details.menu")?.removeAttribute("open");
    openLayer(dialog);
  });
  on("click", "[data-layer-close]", (button, event) => {
    event.preventDefault();
    closeLayer(button.closest("dialog"));
  });
  on("click", "dialog", (dialog, event) => { // on the backdrop; a form keeps what was typed
    if (event.target !== dialog || dialog.querySelector("form[method=post]")) return;
    const box = dialog.getBoundingClientRect();
    const inside = event.clientX >= box.left && event.clientX <= box.right && event.clientY >= box.top && event.clientY <= box.bottom;
    if (!inside) closeLayer(dialog);
  });
  doc.addEventListener("cancel", (event) => {
    if (event.target instanceof HTMLDialogElement && event.target.dataset.close) {
      event.preventDefault();
      closeLayer(event.target);
    }
  }, true);

  // ---- Menus ----

  const openMenus = () => all("details.menu[open]");
  doc.addEventListener("click", (event) => {
    for (const menu of openMenus()) if (!menu.contains(event.target)) menu.open = false;
  });
  doc.addEventListener("keydown", (event) => {
    const menu = within(event, "details.menu[open]");
    if (!menu) return;
    if (event.key === "Escape") {
      menu.open = false;
      menu.querySelector("summary").focus();
      event.preventDefault();
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      const items = all(".menu-item:not(:disabled), .theme-buttons button", menu);
      const next = items.indexOf(doc.activeElement) + (event.key === "ArrowDown" ? 1 : -1);
      items[(next + items.length) % items.length]?.focus();
      event.preventDefault();
    }
  });

  // ---- Theme ----

  on("submit", "[data-theme-form]", (form, event) => {
    const theme = event.submitter?.value;
    if (!theme) return;
    event.preventDefault();
    doc.cookie = `theme=${theme}; path=/; max-age=31536000; samesite=lax${location.protocol === "https:" ? "; secure" : ""}`;
    doc.documentElement.dataset.theme = theme;
    doc.dispatchEvent(new CustomEvent("mandorla:theme"));
    for (const button of all("[data-theme-form] button")) button.setAttribute("aria-pressed", String(button.value === theme));
  });

  // ---- Answers that are given once ----

  // A second press while the first is under way would throw its page away, and with it the way back to the app.
  on("submit", "form[data-once]", (form, event) => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
  });
  addEventListener("pageshow", () => { for (const form of all("form[data-once]")) delete form.dataset.sent; });

  // ---- Search palette ----

  const palette = doc.getElementById("palette");
  if (palette) {
    const field = palette.querySelector("input");
    const list = palette.querySelector("#palette-list");
    const records = palette.querySelector("#palette-search");
    const live = palette.querySelector("#palette-live");
    let timer = 0;
    const shown = () => all("[role=option]:not([hidden])", list);
    const choose = (item) => {
      for (const other of all("[role=option]", list)) other.removeAttribute("aria-selected");
      if (!item) return field.removeAttribute("aria-activedescendant");
      item.id ||= `palette-${all("[role=option]", list).indexOf(item)}`;
      item.setAttribute("aria-selected", "true");
      field.setAttribute("aria-activedescendant", item.id);
      item.scrollIntoView({ block: "nearest" });
    };
    const ask = (text) => {
      clearTimeout(timer);
      if (!live) return;
      if (!text) return live.replaceChildren();
      timer = setTimeout(async () => {
        try {
          const address = new URL(palette.dataset.live, location.href);
          address.searchParams.set(field.name, text);
          const answer = await fetch(address);
          if (!answer.ok || field.value.trim() !== text) return;
          live.innerHTML = await answer.text();
          choose(shown()[0]);
        } catch { /* the pages can still be chosen */ }
      }, 160);
    };
    const filter = () => {
      const text = field.value.trim();
      const words = text.toLowerCase();
      for (const item of all("a.palette-item", list)) {
        if (!live?.contains(item)) item.hidden = words !== "" && !item.textContent.toLowerCase().includes(words);
      }
      records.hidden = text === "";
      records.querySelector("b").textContent = text;
      choose(shown()[0]);
      ask(text);
    };
    const open = (text = "") => {
      if (palette.open) return;
      field.value = text;
      filter();
      palette.showModal();
      field.focus();
    };
    field.addEventListener("input", filter);
    field.addEventListener("keydown", (event) => {
      const items = shown();
      const at = items.findIndex((item) => item.hasAttribute("aria-selected"));
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        choose(items[(at + (event.key === "ArrowDown" ? 1 : -1) + items.length) % items.length]);
        event.preventDefault();
      } else if (event.key === "Enter" && items[at] && items[at] !== records) {
        event.preventDefault();
        items[at].click();
      }
    });
    doc.addEventListener("keydown", (event) => {
      const typing = within(event, "input, textarea, select, [contenteditable]");
      if ((event.metaKey || event.ctrlKey) && event.key.toLowerCase() === "k") { event.preventDefault(); open(); }
      else if (event.key === "/" && !typing && !doc.querySelector("dialog:modal")) { event.preventDefault(); open(); }
    });
    on("pointerdown", "input[data-palette-open]", (input, event) => { event.preventDefault(); open(input.value); });
    on("click", "a[data-palette-open]", (link, event) => { event.preventDefault(); open(); });
  }

  // ---- Messages ----

  function startToast(toast) {
    const close = () => toast.remove();
    toast.querySelector("[data-toast-close]")?.addEventListener("click", close);
    if ("stay" in toast.dataset) return;
    let timer = setTimeout(close, 8000);
    const hold = () => clearTimeout(timer);
    const release = () => { hold(); timer = setTimeout(close, 4000); };
    toast.addEventListener("pointerenter", hold);
    toast.addEventListener("focusin", hold);
    toast.addEventListener("pointerleave", release);
    toast.addEventListener("focusout", release);
  }
  function complain(text) {
    const box = doc.getElementById("toasts");
    if (!box) return;
    const toast = doc.createElement("div");
    toast.className = "toast-card tone-bad";
    toast.setAttribute("role", "alert");
    const words = doc.createElement("div");
    words.className = "toast-text";
    words.append(Object.assign(doc.createElement("strong"), { textContent: "That did not work" }),
      Object.assign(doc.createElement("p"), { textContent: text }));
    const close = Object.assign(doc.createElement("button"), { type: "button", className: "toast-close", textContent: "×" });
    close.setAttribute("aria-label", "Close this message");
    close.addEventListener("click", () => toast.remove());
    toast.append(words, close);
    box.append(toast);
  }

  // ---- Copying, and secrets shown once ----

  on("click", "[data-copy]", async (button) => {
    const label = button.querySelector("[data-copy-label]");
    try {
      await navigator.clipboard.writeText(button.dataset.copy);
    } catch { // no permission, or no https: select it for the keyboard
      const input = button.parentElement.querySelector("input");
      input?.select();
      if (!doc.execCommand("copy")) { label.textContent = "Press ⌘C"; return; }
    }
    label.textContent = "Copied";
    button.classList.add("is-done");
    setTimeout(() => { label.textContent = "Copy"; button.classList.remove("is-done"); }, 2000);
  });
  on("focusin", "input[data-select]", (input) => input.select());
  on("click", "[data-secret-done]", (button) => {
    const box = button.closest("[data-secret]");
    unsaved.delete(box);
    if (button.tagName === "A") return;
    box.classList.add("is-stored");
    box.querySelector(".copy-once")?.remove();
    button.disabled = true;
  });

  // ---- Fields: checks while typing, presets, confirmations ----

  // The server has the rule; what it says about an older text is dropped.
  const longest = 12000; // of a text in an address; saving checks every length
  async function runCheck(field) {
    const out = all("[data-check-out]").find((list) => list.dataset.checkOut === field.id);
    const text = field.value;
    if (!out) return;
    if (!text.trim() || text.length > longest) return out.replaceChildren();
    try {
      const address = new URL(field.dataset.check, location.href);
      address.searchParams.set("text", text);
      const answer = await fetch(address);
      if (!answer.ok || answer.redirected || field.value !== text) return;
      out.innerHTML = await answer.text();
    } catch { /* saving checks as well */ }
  }
  // A field that belongs to one value of another one. Its attribute must not begin with "on": the templates would take it for a handler.
  function startWith(box) {
    const other = box.closest("form")?.elements[box.dataset.with];
    if (!other) return;
    const update = () => { box.hidden = other.value !== box.dataset.withValue; };
    other.addEventListener("change", update);
    update();
  }
  const checking = new WeakMap();
  on("input", "[data-check]", (field) => {
    doc.getElementById(`${field.id}-error`)?.remove(); // said about what was sent, not about what is typed now
    field.removeAttribute("aria-invalid");
    clearTimeout(checking.get(field));
    checking.set(field, setTimeout(() => runCheck(field), 150));
  });
  on("click", "[data-preset]", (button) => {
    const field = doc.getElementById(button.dataset.preset);
    if (!field) return;
    if (field.tagName === "TEXTAREA") {
      const lines = field.value.split("\n").map((line) => line.trim()).filter(Boolean);
      if (!lines.includes(button.value)) lines.push(button.value);
      field.value = lines.join("\n");
    } else field.value = button.value;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.focus();
  });
  on("input", "[data-confirm]", (field) => {
    field.setCustomValidity(field.value.trim() === field.dataset.confirm ? "" : `Type “${field.dataset.confirm}” exactly.`);
  });

  // ---- Ticked rows ----

  let lastTick = null;
  const ticks = (form) => all("tbody .c-tick input", form);
  function countTicks(form) {
    const boxes = ticks(form);
    const n = boxes.filter((box) => box.checked).length;
    const head = form.querySelector("[data-tick-all]");
    if (head) { head.checked = n > 0 && n === boxes.length; head.indeterminate = n > 0 && n < boxes.length; }
    form.querySelector("[data-selection-bar]").classList.toggle("is-on", n > 0);
    form.querySelector("[data-selection-text]").textContent = plural(n, form.dataset.rowOne || "row", form.dataset.rowMany || "rows");
  }
  on("click", "[data-selection] tbody .c-tick input", (box, event) => {
    const form = box.closest("[data-selection]");
    const boxes = ticks(form);
    if (event.shiftKey && lastTick && boxes.includes(lastTick)) {
      const [from, to] = [boxes.indexOf(lastTick), boxes.indexOf(box)].sort((a, b) => a - b);
      for (const other of boxes.slice(from, to + 1)) other.checked = box.checked;
    }
    lastTick = box;
    countTicks(form);
  });
  on("change", "[data-tick-all]", (head) => {
    const form = head.closest("[data-selection]");
    for (const box of ticks(form)) box.checked = head.checked;
    countTicks(form);
  });
  on("click", "[data-selection-clear]", (button) => {
    const form = button.closest("[data-selection]");
    for (const box of ticks(form)) box.checked = false;
    countTicks(form);
  });

  // ---- Tabs ----

  // Where a row of tabs is wider than the screen, the one that is open is in sight.
  function showTab(tabs) {
    const tab = tabs.querySelector("[aria-current]")?.getBoundingClientRect();
    const beyond = tab ? tab.right + 16 - tabs.getBoundingClientRect().right : 0;
    if (beyond > 0) tabs.scrollLeft += beyond;
  }

  // ---- htmx ----

  doc.addEventListener("htmx:configRequest", (event) => { event.detail.headers["X-Csrf-Token"] = csrf(); });
  doc.addEventListener("htmx:afterSettle", (event) => { // fields came or went
    doc.getElementById(event.target.id)?.closest("form[data-guard]")?.dispatchEvent(new CustomEvent("mandorla:set"));
  });
  doc.addEventListener("htmx:responseError", () => complain("The server refused this. Reload the page to see how things are."));
  doc.addEventListener("htmx:sendError", () => complain("The server could not be reached. Check the connection and try again."));

  // ---- Start: the page, then every part that arrives ----

  const started = new WeakSet();
  const each = (root, selector, act) => {
    const found = root instanceof Element && root.matches(selector) ? [root] : [];
    for (const element of found.concat(all(selector, root))) {
      const key = element;
      if (started.has(key)) continue;
      started.add(key);
      act(element);
    }
  };
  function start(root) {
    for (const [selector, act] of window.mandorlaParts ?? []) each(root, selector, act);
    each(root, "[data-savebar]", startSaveBar);
    each(root, "[data-toast]", startToast);
    each(root, "[data-secret]", (box) => unsaved.add(box));
    each(root, "[data-check]:not([aria-invalid])", runCheck);
    each(root, "[data-with]", startWith);
    each(root, "[data-selection]", countTicks);
    each(root, ".tabs", showTab);
    each(root, "dialog.layer[open]", openLayer);
    each(root, "time[title]", (time) => {
      const at = new Date(time.dateTime);
      if (!Number.isNaN(at.valueOf())) time.title = at.toLocaleString(undefined, { dateStyle: "medium", timeStyle: "long" });
    });
  }
  start(doc);
  doc.addEventListener("htmx:load", (event) => start(event.detail.elt));
})();
