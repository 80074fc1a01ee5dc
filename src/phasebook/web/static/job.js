// A job's page: follows its events until it ends, then loads the page of its result; draws the figure of one that is done.
"use strict";

document.addEventListener("DOMContentLoaded", async () => {
  const job = document.getElementById("job");
  const figure = document.getElementById("figure");
  if (figure) {
    const answer = await fetch(figure.dataset.item);
    await Bokeh.embed.embed_item(await answer.json(), "figure");
  }
  if (!["queued", "running"].includes(job.dataset.state)) return;
  const events = new EventSource(job.dataset.events);
  events.onmessage = (event) => {
    const now = JSON.parse(event.data);
    const state = document.getElementById("state");
    state.textContent = now.state;
    state.className = `verdict ${now.state}`;
    const progress = document.getElementById("progress");
    if (now.units > 1) { progress.max = now.units; progress.value = now.units_done; }
    document.getElementById("clock").textContent =
      now.state === "running" ? `${now.seconds.toFixed(0)} s${now.units > 1 ? `, ${now.units_done} of ${now.units} units` : ""}` : "";
    if (["done", "failed", "canceled"].includes(now.state)) {
      events.close();
      location.reload();
    }
  };
});
