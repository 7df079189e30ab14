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

  // Where we are: one card is the current one; the ladder, both machines and the secrets follow it.
  function arrive(index) {
    if (index === current || index < 0 || index >= cards.length) return;
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
    if (Date.now() < settling) return;
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
    target.scrollIntoView({ block: target === card ? "start" : "center" });
    if (target.dataset.f !== undefined) show(target, true);
  }
  addEventListener("hashchange", fromAddress);
  $("#prev").addEventListener("click", () => go(current - 1));
  $("#next").addEventListener("click", () => go(current + 1));

  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const byte = event.target.closest && event.target.closest(".bytes .f");
    if (event.key === "Escape") { release(); $("#panel").classList.remove("open"); $("#panel-button").setAttribute("aria-expanded", "false"); return; }
    if (byte) return walkBytes(event, byte);
    if (event.target.closest && event.target.closest(".scroll") && event.key.startsWith("Arrow")) return;
    if (event.key === "ArrowRight" || event.key === "j" || event.key === "n") { go(current + 1, true); event.preventDefault(); }
    if (event.key === "ArrowLeft" || event.key === "k" || event.key === "p") { go(current - 1, true); event.preventDefault(); }
  });

  // Bytes and fields light each other; a click pins the explanation.
  function blockOf(element) { return element.closest(".block"); }
  function lit(element, on) {
    const block = blockOf(element);
    if (block) all(`[data-f="${element.dataset.f}"]`, block).forEach((each) => each.classList.toggle("lit", on));
  }
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
    $("#i-name").textContent = $("h3", kind).textContent;
    $("#i-value").textContent = [bytes.length > 200 ? `${bytes.slice(0, 200)} …` : bytes || "no bytes", $(".said", line).textContent].filter(Boolean).join("   =   ");
    for (const part of ["what", "why", "without"]) $(`#i-${part}`).textContent = $(`.x-${part}`, kind).textContent;
    $("#i-section").replaceChildren(...[...$(".x-section", kind).childNodes].map((node) => node.cloneNode(true)));
    $("#inspector").hidden = false;
    if (pin) history.replaceState(null, "", `#${line.id}`);
  }
  function release() {
    if (shown) lit(shown, false);
    shown = pinned = null;
    $("#inspector").hidden = true;
  }
  $("#close").addEventListener("click", release);
  const field = (event) => event.target.closest && event.target.closest("[data-f]");
  $("main").addEventListener("mouseover", (event) => { const f = field(event); if (f) show(f, false); });
  $("main").addEventListener("focusin", (event) => { const f = field(event); if (f && f.matches(":focus-visible")) show(f, false); });
  $("main").addEventListener("mouseout", (event) => { if (!pinned && field(event) && !(event.relatedTarget && event.relatedTarget.closest && event.relatedTarget.closest("[data-f], #inspector"))) release(); });
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
  addEventListener("beforeprint", () => all("details").forEach((each) => { each.open = true; }));

  arrive(0);
  fromAddress();
})();
