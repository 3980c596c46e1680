// SPDX-License-Identifier: Apache-2.0
// Values under the pointer: a line across the chart at the nearest step, a dot
// on each curve, and a box with the numbers. Everything comes out of the
// picture: each step's <rect class="at"> holds its texts in a <title> and the
// dots' places in data-dots. Without this script the titles are tooltips.
"use strict";

(() => {
  const SVG = document.querySelector("svg.chart")?.namespaceURI;

  function svgElement(name, attributes) {
    const element = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) {
      element.setAttribute(key, value);
    }
    return element;
  }

  function htmlElement(name, className, text) {
    const element = document.createElement(name);
    element.className = className;
    element.textContent = text;
    return element;
  }

  // Takes the title away: the browser would show it beside our own box.
  function readStep(rect) {
    const title = rect.querySelector("title");
    const [step, ...lines] = title.textContent.split("\n");
    title.remove();
    const dots = rect.dataset.dots.split(";").map((dot) => dot.split(" "));
    return { x: rect.dataset.x, share: parseFloat(rect.dataset.x) / 100,
             step, lines, dots };
  }

  function tipLine(line, colour) {
    const end = line.lastIndexOf(": ");
    const paragraph = document.createElement("p");
    const name = htmlElement("span", `name ${colour}`, "");
    name.append(htmlElement("b", "", line.slice(0, end)));
    paragraph.append(name, htmlElement("span", "value", line.slice(end + 2)));
    return paragraph;
  }

  class Hover {
    constructor(chart) {
      this.chart = chart;
      this.steps = [...chart.querySelectorAll("rect.at")].map(readStep);
      this.cursor = svgElement("g", { class: "cursor" });
      chart.append(this.cursor);
      this.tip = htmlElement("div", "tip", "");
      this.tip.hidden = true;
      this.tip.setAttribute("role", "status");
      chart.parentNode.append(this.tip);
      this.index = -1;
      chart.addEventListener("pointermove", (event) => this.onPointer(event));
      chart.addEventListener("pointerdown", (event) => this.onPointer(event));
      chart.addEventListener("pointerleave", () => this.hide());
      chart.addEventListener("blur", () => this.hide());
      chart.addEventListener("keydown", (event) => this.onKey(event));
    }

    onPointer(event) {
      const box = this.chart.getBoundingClientRect();
      const share = (event.clientX - box.left) / box.width;
      let nearest = 0;
      this.steps.forEach((step, i) => {
        const best = Math.abs(this.steps[nearest].share - share);
        if (Math.abs(step.share - share) < best) nearest = i;
      });
      this.show(nearest);
    }

    onKey(event) {
      const last = this.steps.length - 1;
      const here = this.index < 0 ? last : this.index;
      const next = { ArrowLeft: here - (this.index < 0 ? 0 : 1),
                     ArrowRight: here + 1, Home: 0, End: last }[event.key];
      if (event.key === "Escape") this.hide();
      if (next === undefined) return;
      event.preventDefault();
      this.show(Math.min(last, Math.max(0, next)));
    }

    show(index) {
      if (index === this.index) return;
      this.index = index;
      const { x, share, step, lines, dots } = this.steps[index];
      this.cursor.replaceChildren(
        svgElement("line", { x1: x, x2: x, y1: 0, y2: "100%" }),
        ...dots.map(([colour, cx, cy]) =>
          svgElement("circle", { class: colour, cx, cy, r: 4 })));
      this.tip.replaceChildren(
        htmlElement("p", "step", step),
        ...lines.map((line, i) => tipLine(line, dots[i][0])));
      this.tip.hidden = false;
      const heights = dots.map((dot) => parseFloat(dot[2]) / 100);
      this.place(share, heights.reduce((a, b) => a + b) / heights.length);
    }

    // Beside the line, on the side that has more room and away from the dots,
    // inside the plot. Shares of the chart's width and height.
    place(share, height) {
      const plot = this.chart.parentNode.getBoundingClientRect();
      const box = this.chart.getBoundingClientRect();
      const at = box.left - plot.left + share * box.width;
      const width = this.tip.offsetWidth;
      const left = share < 0.5 ? at + 14 : at - width - 14;
      const most = plot.width - width;
      this.tip.style.left = `${Math.max(0, Math.min(most, left))}px`;
      const top = box.top - plot.top + 4;
      const lower = top + box.height - this.tip.offsetHeight - 8;
      this.tip.style.top = `${height > 0.5 ? top : lower}px`;
    }

    hide() {
      this.index = -1;
      this.cursor.replaceChildren();
      this.tip.hidden = true;
    }
  }

  for (const chart of document.querySelectorAll("svg.chart")) {
    new Hover(chart);
  }

  // Paper cannot be unfolded.
  window.addEventListener("beforeprint", () => {
    for (const details of document.querySelectorAll("details")) {
      details.open = true;
    }
  });
})();
