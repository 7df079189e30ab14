"use strict";
(() => {
  const $ = (selector, root = document) => root.querySelector(selector);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const data = JSON.parse($("#data").textContent);
  const cards = all(".card");
  const links = new Map(all(".ladder a").map((a) => [a.getAttribute("href").slice(1), a]));
  let current = -1;
  let viewer = "client";
  let pinned = null;
  document.documentElement.classList.add("js");

  // Where we are: one card is the current one; the ladder, both machines and the secrets follow it.
  function arrive(index) {
    if (index === current || index < 0 || index >= cards.length) return;
    if (shown && cardOf(shown) !== cards[index]) release();
    if (cards[current]) { cards[current].classList.remove("now"); links.get(cards[current].id).removeAttribute("aria-current"); }
    current = index;
    const card = cards[current];
    card.classList.add("now");
    const link = links.get(card.id);
    link.setAttribute("aria-current", "step");
    const toc = $(".toc");
    if (toc.scrollHeight > toc.clientHeight + 4) toc.scrollTop = link.offsetTop - toc.clientHeight / 2;
    $("#where").textContent = `step ${current + 1} of ${cards.length}`;
    $("#prev").disabled = current === 0;
    $("#next").disabled = current === cards.length - 1;
    light();
    know();
    fit();
  }

  function go(index, focus) {
    if (index < 0 || index >= cards.length) return;
    arrive(index);
    settling = Date.now() + 700;
    cards[index].scrollIntoView({ block: "start" });
    history.replaceState(null, "", `#${cards[index].id}`);
    if (focus) cards[index].focus({ preventScroll: true });
  }

  // Scrolling by hand changes the current card, too; not while a jump is on its way.
  let settling = 0;
  addEventListener("scroll", () => {
    if (Date.now() < settling || projecting()) return;
    // Whoever reads about a field stays at its step, as long as the field is on the screen.
    if (pinned) { const at = pinned.getBoundingClientRect(); if (at.bottom > 0 && at.top < innerHeight) return; }
    const line = innerHeight * 0.3;
    let found = cards.findIndex((card) => card.getBoundingClientRect().bottom > line);
    arrive(found < 0 ? cards.length - 1 : found);
  }, { passive: true });

  function fromAddress() {
    const id = decodeURIComponent(location.hash.slice(1));
    const target = id && document.getElementById(id);
    const card = target && target.closest(".card");
    if (!card) return arrive(Math.max(0, current));
    arrive(cards.indexOf(card));
    settling = Date.now() + 700;
    reveal(target);
    target.scrollIntoView({ block: target === card ? "start" : "center" });
    if (target.dataset.f !== undefined) show(target, true);
    else target.focus({ preventScroll: true });
  }
  addEventListener("hashchange", fromAddress);
  $("#prev").addEventListener("click", () => go(current - 1));
  $("#next").addEventListener("click", () => go(current + 1));

  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const byte = event.target.closest && event.target.closest(".bytes .f");
    if (event.target.id === "q" || (event.target.closest && event.target.closest("#hits"))) return searching(event);
    if (event.key === "/") { project(false); $("#q").focus(); $("#q").select(); event.preventDefault(); return; }
    if (event.key === "Escape") { if (!shown && projecting()) project(false); release(); $("#panel").classList.remove("open"); $("#panel-button").setAttribute("aria-expanded", "false"); return; }
    if (byte) return walkBytes(event, byte);
    if (event.target.closest && event.target.closest(".scroll") && event.key.startsWith("Arrow")) return;
    if (event.key === "ArrowRight" || event.key === "j" || event.key === "n" || (projecting() && event.key === "PageDown")) { go(current + 1, true); event.preventDefault(); }
    if (event.key === "ArrowLeft" || event.key === "k" || (projecting() && event.key === "PageUp")) { go(current - 1, true); event.preventDefault(); }
    if (event.key === "p") { project(!projecting()); event.preventDefault(); }
    if (event.key === "b" && projecting()) { document.body.classList.toggle("octets"); release(); fit(); event.preventDefault(); }
  });

  // Bytes and fields light each other; a click pins the explanation.
  function blockOf(element) { return element.closest(".block"); }
  function cardOf(element) { return element.closest(".card"); }
  function reveal(element) {
    for (let at = element.parentElement; at; at = at.parentElement) if (at.tagName === "DETAILS") at.open = true;
  }
  function lit(element, on) {
    const block = blockOf(element);
    if (block) all(`[data-f="${element.dataset.f}"]`, block).forEach((each) => each.classList.toggle("lit", on));
  }
  function named(kind) { return [...kind.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE).map((node) => node.textContent).join("").trim(); }
  let shown = null;
  function show(element, pin) {
    if (pinned && !pin) return;
    if (shown) lit(shown, false);
    shown = element;
    pinned = pin ? element : null;
    lit(element, true);
    const line = $(`.fields [data-f="${element.dataset.f}"]`, blockOf(element));
    const kind = document.getElementById(`k${line.dataset.k}`);
    const bytes = all(`.bytes [data-f="${element.dataset.f}"]`, blockOf(element)).map((each) => each.textContent).join(" ");
    const row = kind.closest("section");
    $("#i-name").textContent = named(kind);
    $("#inspector").lang = row.lang || document.documentElement.lang;
    $("#i-value").textContent = [bytes.length > 200 ? `${bytes.slice(0, 200)} …` : bytes || "no bytes", $(".said", line).textContent].filter(Boolean).join("   =   ");
    for (const part of ["what", "why", "without"]) $(`#i-${part}`).textContent = $(`.x-${part}`, row).textContent;
    $("#i-section").replaceChildren(...[...$(".x-section", kind).childNodes].map((node) => node.cloneNode(true)));
    const box = $("#inspector");
    box.hidden = false;
    box.classList.remove("above");
    if (!pin) { box.classList.toggle("above", element.getBoundingClientRect().bottom > box.getBoundingClientRect().top); return; }
    reveal(line);
    arrive(cards.indexOf(cardOf(element)));
    history.replaceState(null, "", `#${line.id}`);
    // What was pointed at must not lie behind its own explanation, nor behind the bar at the top.
    const at = element.getBoundingClientRect(), top = $(".top").getBoundingClientRect().bottom;
    const under = at.bottom + 12 - box.getBoundingClientRect().top;
    const by = at.top < top ? at.top - top - 12 : Math.min(Math.max(0, under), at.top - top);
    if (by) { settling = Date.now() + 300; (projecting() ? cardOf(element) : window).scrollBy(0, by); }
  }
  function release() {
    if (shown) lit(shown, false);
    shown = pinned = null;
    $("#inspector").hidden = true;
  }
  $("#close").addEventListener("click", release);
  const field = (event) => event.target.closest && event.target.closest("[data-f]");
  // Not for fingers: what appeared under one before its tap is over would take the tap.
  $("main").addEventListener("pointerover", (event) => { const f = field(event); if (f && event.pointerType === "mouse") show(f, false); });
  $("main").addEventListener("focusin", (event) => { const f = field(event); if (f && f.matches(":focus-visible")) show(f, false); });
  $("main").addEventListener("pointerout", (event) => { if (!pinned && event.pointerType === "mouse" && field(event) && !(event.relatedTarget && event.relatedTarget.closest && event.relatedTarget.closest("[data-f], #inspector"))) release(); });
  $("main").addEventListener("click", (event) => {
    const f = field(event);
    if (!f) return;
    if (pinned && blockOf(pinned) === blockOf(f) && pinned.dataset.f === f.dataset.f) release(); else show(f, true);
  });
  function walkBytes(event, byte) {
    const stops = all(".f[tabindex]", blockOf(byte));
    const at = stops.indexOf(byte);
    const to = { ArrowRight: at + 1, ArrowDown: at + 1, ArrowLeft: at - 1, ArrowUp: at - 1, Home: 0, End: stops.length - 1 }[event.key];
    if (event.key === "Enter" || event.key === " ") { show(byte, true); event.preventDefault(); return; }
    if (to === undefined) return;
    event.preventDefault();
    const next = stops[to];
    if (!next) return;
    byte.tabIndex = -1;
    next.tabIndex = 0;
    pinned = null;
    next.focus();
    show(next, false);
  }

  // The machines and the secrets.
  function light() {
    const now = data.states[current];
    const past = new Set(data.opening.map((state, side) => `${side ? "server" : "client"} ${state}`));
    data.states.slice(0, current + 1).forEach(([client, server]) => { past.add(`client ${client}`); past.add(`server ${server}`); });
    all(".node").forEach((node) => {
      const on = node.dataset.state === `client ${now[0]}` || node.dataset.state === `server ${now[1]}`;
      node.classList.toggle("on", on);
      node.classList.toggle("past", !on && past.has(node.dataset.state));
    });
    $("#machines-now").textContent = `The client is in state ${now[0] || "unknown"}, the server in ${now[1] || "unknown"}`;
  }
  function know() {
    const list = $("#knows");
    list.replaceChildren();
    const step = Number(cards[current].id.slice(5));
    for (const secret of data.secrets) {
      const since = secret.since[viewer];
      if (!since || since > step) continue;
      const entry = document.createElement("div");
      entry.className = `${secret.public ? "public" : "secret"}${since === step ? " new" : ""}`;
      const name = document.createElement("dt");
      name.textContent = secret.name;
      const value = document.createElement("dd");
      value.append(`${secret.value} `);
      const link = document.createElement("a");
      link.href = `#step-${since}`;
      link.textContent = `since ${since}`;
      value.append(link, secret.public ? "" : ", secret");
      entry.append(name, value);
      list.append(entry);
    }
    if (!list.children.length) {
      const nothing = document.createElement("div");
      nothing.className = "nothing";
      nothing.append(Object.assign(document.createElement("dt"), { textContent: "nothing yet" }));
      list.append(nothing);
    }
  }
  all("#viewers button").forEach((button) => button.addEventListener("click", () => {
    viewer = button.dataset.viewer;
    all("#viewers button").forEach((each) => each.setAttribute("aria-pressed", String(each === button)));
    know();
  }));
  $("#panel-button").addEventListener("click", () => {
    const open = $("#panel").classList.toggle("open");
    $("#panel-button").setAttribute("aria-expanded", String(open));
  });

  // Large type, one step a screen, in the largest size at which the whole step is seen.
  function projecting() { return document.body.classList.contains("projecting"); }
  function project(on) {
    if (on === projecting()) return;
    release();
    document.body.classList.toggle("projecting", on);
    document.body.classList.remove("octets");
    $("#project").setAttribute("aria-pressed", String(on));
    $("#told").textContent = on ? "Projecting. b shows the bytes, p or Escape ends it." : "";
    fit();
    settling = Date.now() + 700;
    cards[current].scrollIntoView({ block: "start" });
  }
  function fit() {
    if (!projecting()) return;
    const card = cards[current];
    card.scrollTop = 0;
    let size = 2.6;
    do { card.style.setProperty("--size", size); size -= 0.1; } while (size > 1.1 && card.scrollHeight > card.clientHeight);
  }
  addEventListener("resize", fit);
  $("#project").addEventListener("click", () => project(!projecting()));

  // Everything that is written here can be found: steps, fields, what is said of them, and bytes in hex.
  const MOST = 60;
  let index = null;
  function indexed() {
    if (index) return index;
    const kinds = new Map(all(".glossary h3 > span").map((kind) => [kind.id.slice(1), `${named(kind)} ${all("p", kind.closest("section")).map((each) => each.textContent).join(" ")}`.toLowerCase()]));
    index = cards.map((card) => {
      const told = all(":scope > :is(header, .what, .facts, .flow, .outcome, .certificate, .second, .run, footer)", card).map((each) => each.textContent).join(" ");
      const fields = all(".fields button", card).map((line) => ({ line, text: `${line.closest("[data-branch]")?.dataset.branch || ""} ${$(".name", line).title} ${line.textContent}`.toLowerCase(), kind: line.dataset.k }));
      const octets = all(".block", card).map((block) => ({ block, pieces: all(".bytes .f", block).map((f) => [f.dataset.f, f.textContent.replaceAll(" ", "")]) }));
      return { card, title: $("h3", card).textContent.trim(), text: told.replace(/\s+/g, " "), fields, octets };
    });
    index.kinds = kinds;
    return index;
  }
  function found(wanted) {
    const hits = [], needle = wanted.toLowerCase(), hex = needle.replace(/0x|[\s:,]/g, "");
    const isHex = hex.length >= 4 && hex.length % 2 === 0 && /^[0-9a-f]+$/.test(hex);
    const everything = indexed();
    for (const each of everything) {
      const at = each.text.toLowerCase().indexOf(needle);
      if (at >= 0) hits.push({ id: each.card.id, title: each.title, text: `${at > 40 ? "…" : ""}${each.text.slice(Math.max(0, at - 40), at + needle.length + 80)}` });
      const explained = new Set();
      for (const { line, text, kind } of each.fields) {
        const named = text.includes(needle);
        if (!named && (explained.has(kind) || !everything.kinds.get(kind).includes(needle))) continue;
        explained.add(kind);
        hits.push({ id: line.id, title: each.title, text: `${$(".name", line).textContent}  ${$(".said", line).textContent}`, note: named ? "" : "in its explanation" });
      }
      if (!isHex) continue;
      for (const { block, pieces } of each.octets) {
        const at = pieces.map((piece) => piece[1]).join("").indexOf(hex);
        if (at < 0 || at % 2) continue;
        let gone = 0;
        const first = pieces.find((piece) => (gone += piece[1].length) > at);
        hits.push({ id: `${block.id}f${first[0]}`, title: each.title, text: block.dataset.title, note: `these bytes, at offset ${(at / 2).toString(16)}` });
      }
    }
    return hits;
  }
  function marked(text, wanted) {
    const at = text.toLowerCase().indexOf(wanted.toLowerCase());
    if (at < 0) return [text];
    return [text.slice(0, at), Object.assign(document.createElement("mark"), { textContent: text.slice(at, at + wanted.length) }), text.slice(at + wanted.length)];
  }
  function look() {
    const wanted = $("#q").value.trim(), box = $("#hits");
    box.hidden = wanted.length < 2;
    if (box.hidden) return;
    const hits = found(wanted);
    const count = document.createElement("p");
    count.setAttribute("role", "status");
    count.textContent = hits.length ? `${hits.length} place${hits.length === 1 ? "" : "s"}${hits.length > MOST ? `, the first ${MOST}` : ""}: ↓ and Enter go there` : `Nothing on this page says “${wanted}”.`;
    const list = document.createElement("ol");
    for (const hit of hits.slice(0, MOST)) {
      const item = document.createElement("li"), link = document.createElement("a");
      link.href = `#${hit.id}`;
      const title = Object.assign(document.createElement("b"), { textContent: hit.title });
      link.append(title, ...marked(hit.text, wanted));
      if (hit.note) link.append(Object.assign(document.createElement("small"), { textContent: hit.note }));
      item.append(link);
      list.append(item);
    }
    box.replaceChildren(count, list);
  }
  function searching(event) {
    const links = all("#hits a"), at = links.indexOf(document.activeElement);
    if (event.key === "Escape") { $("#hits").hidden = true; $("#q").blur(); cards[current].focus({ preventScroll: true }); return; }
    if (event.key === "Enter" && at < 0) { event.preventDefault(); if (links[0] && !$("#hits").hidden) links[0].click(); return; }
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    event.preventDefault();
    const to = at + (event.key === "ArrowDown" ? 1 : -1);
    (to < 0 ? $("#q") : links[to] || links[at]).focus();
  }
  $("#q").addEventListener("input", look);
  $("#q").addEventListener("focus", look);
  $(".find").addEventListener("submit", (event) => event.preventDefault());
  $("#hits").addEventListener("click", (event) => {
    const link = event.target.closest("a");
    if (!link) return;
    event.preventDefault();
    $("#hits").hidden = true;
    history.replaceState(null, "", link.getAttribute("href"));
    fromAddress();
  });
  document.addEventListener("click", (event) => { if (!event.target.closest("#hits, .find")) $("#hits").hidden = true; });

  // Values and commands are copied whole. A page from disk may lack the clipboard's interface: then the old way.
  async function copied(text) {
    try { await navigator.clipboard.writeText(text); return true; } catch { /* below */ }
    const area = Object.assign(document.createElement("textarea"), { value: text, readOnly: true });
    area.style.cssText = "position:fixed;top:0;opacity:0";
    document.body.append(area);
    area.select();
    try { return document.execCommand("copy"); } finally { area.remove(); }
  }
  all("[data-copy]").forEach((value) => {
    const button = Object.assign(document.createElement("button"), { type: "button", className: "copy", textContent: "copy" });
    const name = value.closest("li, .output, .command")?.querySelector("b");
    button.setAttribute("aria-label", `copy ${value.tagName === "PRE" ? "the command for " : ""}${name ? name.textContent : "this value"}`);
    button.addEventListener("click", async () => {
      const done = await copied(value.textContent);
      button.textContent = done ? "copied" : "select and copy by hand";
      $("#told").textContent = done ? "copied" : "this browser does not let a page copy";
      setTimeout(() => { button.textContent = "copy"; }, 1600);
    });
    if (value.tagName === "PRE") $("p", value.parentElement).append(" ", button);
    else (value.closest(".long") || value).before(button);
  });

  // On a phone the ladder waits to be opened: what this is and the first step come first.
  if (matchMedia("(max-width:800px)").matches) $("#toc").open = false;
  // Paper shows what is closed on the screen, but for the branches and the commands that its style leaves out.
  const closed = [];
  addEventListener("beforeprint", () => all("details:not([open])").forEach((each) => { if (!each.closest(".branch, .run, .long")) { each.open = true; closed.push(each); } }));
  addEventListener("afterprint", () => { while (closed.length) closed.pop().open = false; });

  arrive(0);
  fromAddress();
})();
