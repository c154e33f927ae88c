"use strict";
{
  // A figure of many points takes long to draw: each waits until it is almost in sight, or printed.
  const waiting = new Map();
  for (const source of document.querySelectorAll("script[data-plot]")) {
    waiting.set(document.getElementById(source.dataset.plot), source);
  }
  const sight = new IntersectionObserver((entries) => {
    for (const entry of entries) if (entry.isIntersecting) draw(entry.target);
  }, { rootMargin: "600px" });

  function draw(place) {
    const source = waiting.get(place);
    if (!source) return;
    waiting.delete(place);
    sight.unobserve(place);
    const drawing = JSON.parse(source.textContent);
    for (const trace of drawing.data) {
      const texts = trace.hovertext;
      if (texts && texts.of) trace.hovertext = texts.at ? texts.at.map((place) => texts.of[place]) : texts.of[0];
    }
    const buttons = { responsive: true, displaylogo: false, modeBarButtons: [["toImage", "resetScale2d"]] };
    Plotly.newPlot(place, drawing.data, drawing.layout, buttons);
    place.on("plotly_click", ({ points: [point] }) => {
      // What is shown of a point begins with its trial, where it is one trial.
      const trial = /^trial (\d+)\b/.exec(point.hovertext ?? "");
      if (trial) location.hash = `trial-${trial[1]}`;
    });
  }

  for (const place of waiting.keys()) sight.observe(place);
  addEventListener("beforeprint", () => [...waiting.keys()].forEach(draw));
}
