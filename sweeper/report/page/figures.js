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
    if (drawing.layout.height) place.style.height = `${drawing.layout.height}px`;
    const buttons = { responsive: true, displaylogo: false, modeBarButtons: [["resetScale2d"]] };
    Plotly.newPlot(place, drawing.data, drawing.layout, buttons);
    describe(place);
    place.on("plotly_click", ({ points: [point] }) => {
      // What is shown of a point begins with its trial, where it is one trial.
      const trial = /^trial (\d+)\b/.exec(point.hovertext ?? "");
      if (trial) location.hash = `trial-${trial[1]}`;
    });
  }

  /** The drawing as one picture by its title: only the buttons beside it are read out and reached by keyboard. */
  function describe(place) {
    const [picture, ...layers] = place.querySelectorAll(".main-svg");
    picture.setAttribute("role", "img");
    picture.setAttribute("aria-label", place.getAttribute("aria-label"));
    layers.forEach((layer) => layer.setAttribute("aria-hidden", "true"));
  }

  /** As `write_images` has it, but with the part to which a reader has zoomed. */
  function save({ dataset }) {
    const place = document.getElementById(dataset.save);
    draw(place);
    const { layout, width, height } = JSON.parse(document.getElementById("print").textContent);
    const showlegend = place.data.filter((trace) => trace.showlegend !== false).length > 1;
    Plotly.downloadImage(
      { data: place.data, layout: { ...place.layout, ...layout, showlegend } },
      // Plotly forgets a height of the layout's own once the window has another size.
      { format: "svg", width, height: Number.parseFloat(place.style.height) || height, filename: dataset.name },
    );
  }

  for (const button of document.querySelectorAll("button[data-save]")) button.addEventListener("click", () => save(button));
  for (const place of waiting.keys()) sight.observe(place);
  addEventListener("beforeprint", () => [...waiting.keys()].forEach(draw));
}
