// Sliders: each moves its number field; every change asks for the theory anew and draws it in the place of the last figure.
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  const explorer = document.getElementById("explorer");
  const form = document.getElementById("controls");
  const address = explorer.dataset.theory;
  const steps = Number(explorer.dataset.steps);
  const figure = document.getElementById("figure");
  const problem = document.getElementById("problem");
  let request = null;
  let timer = 0;

  document.getElementById("redraw").hidden = true;

  function placed(range) {
    const low = Number(range.dataset.low), high = Number(range.dataset.high);
    const share = Number(range.value) / steps;
    const value = range.dataset.logarithmic ? low * Math.pow(high / low, share) : low + share * (high - low);
    if (range.dataset.kind === "int") return String(Math.round(value));
    return String(Number(value.toPrecision(4)));
  }

  function place(range, text) {
    const low = Number(range.dataset.low), high = Number(range.dataset.high), value = Number(text);
    const share = range.dataset.logarithmic ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low);
    range.value = String(steps * Math.min(1, Math.max(0, share)));
  }

  for (const range of form.querySelectorAll("input.range")) {
    const number = document.getElementById(range.dataset.for);
    range.hidden = false;
    range.addEventListener("input", () => { number.value = placed(range); changed(); });
    number.addEventListener("input", () => { if (number.value !== "") place(range, number.value); changed(); });
  }
  for (const field of form.querySelectorAll("select, input[type=text]")) field.addEventListener("input", changed);
  form.addEventListener("submit", (event) => { event.preventDefault(); changed(); });

  function query() {
    const fields = new URLSearchParams(new FormData(form));
    for (const field of form.querySelectorAll("[data-road=measurement]")) fields.delete(field.name);
    return fields.toString();
  }

  function changed() {
    for (const mirror of document.querySelectorAll("[data-mirror]")) {
      const field = document.getElementById(mirror.dataset.mirror);
      if (field && field.type !== "file") mirror.value = field.value;
    }
    history.replaceState(null, "", `?${new URLSearchParams(new FormData(form))}`);
    if (!address) return;
    clearTimeout(timer);
    timer = setTimeout(draw, 60);
  }

  async function draw() {
    if (request) request.abort();
    request = new AbortController();
    figure.classList.add("waiting");
    const begin = performance.now();
    try {
      const answer = await fetch(`${address}?${query()}`, { signal: request.signal });
      const drawn = await answer.json();
      if (!answer.ok) throw new Error(drawn.error || answer.statusText);
      await show(drawn.item);
      numbers(drawn.rows);
      document.getElementById("command").textContent = drawn.command;
      document.getElementById("python").textContent = drawn.python;
      document.getElementById("timing").textContent =
        `Theory computed in ${drawn.seconds.toFixed(3)} s, on the page after ${((performance.now() - begin) / 1000).toFixed(2)} s.`;
      problem.hidden = true;
      explorer.dataset.drawn = String(Number(explorer.dataset.drawn || 0) + 1);
    } catch (error) {
      if (error.name === "AbortError") return;
      problem.textContent = error.message;
      problem.hidden = false;
    }
    figure.classList.remove("waiting");
  }

  async function show(item) {
    const next = document.createElement("div");
    next.id = `drawing-${Date.now()}`;
    figure.append(next);
    await Bokeh.embed.embed_item(item, next.id);
    for (const old of [...figure.children]) if (old !== next) old.remove();
  }

  function numbers(rows) {
    const table = document.createElement("table");
    const head = table.createTHead().insertRow();
    for (const name of ["Observable", "Value", "Unit", "Meaning"]) {
      const cell = document.createElement("th");
      cell.textContent = name;
      head.append(cell);
    }
    const body = table.createTBody();
    for (const row of rows) {
      const line = body.insertRow();
      for (const text of row) line.insertCell().textContent = text;
    }
    const place = document.createElement("div");
    place.className = "scroll";
    place.append(table);
    document.getElementById("numbers").replaceChildren(place);
  }

  if (address) draw();
});
