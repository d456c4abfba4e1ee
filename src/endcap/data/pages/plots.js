// What the plots of every page share.
let ink, soft, faint, line, accent, warm, quiet, paper;
const text = { fontFamily: getComputedStyle(document.body).fontFamily, fontSize: 12 };

// The colours of the page as they are now: light or dark, and on paper always light.
function tint() {
  const look = getComputedStyle(document.documentElement), colour = (name) => look.getPropertyValue(`--${name}`).trim();
  [ink, soft, faint, line, accent, warm, quiet, paper] = ["ink", "soft", "faint", "line", "accent", "warm", "grey", "paper"].map(colour);
  text.color = soft;
}
tint();

const escaped = (words) => words.replace(/[&<>"]/g, (letter) => `&#${letter.charCodeAt(0)};`);

// Fills every element that names a plot (data-plot) with what the function of that name gives for it; again when the
// room or the light changes, and on paper with smaller letters. Gives the function that does so.
function draw(options) {
  const printed = window.matchMedia("print"), dark = window.matchMedia("(prefers-color-scheme: dark)");
  const plots = [...document.querySelectorAll("[data-plot]")].map((place) => [place, echarts.init(place, null, { renderer: "svg" })]);
  const fill = () => {
    tint();
    text.fontSize = printed.matches ? 9 : 12;
    plots.forEach(([place, plot]) => {
      const option = options[place.dataset.plot](place);
      plot.resize();
      plot.setOption({ animation: false, ...option, tooltip: { backgroundColor: paper, borderColor: line, ...option.tooltip } }, true);
    });
  };
  fill();
  window.addEventListener("resize", fill);
  printed.addEventListener("change", fill);
  dark.addEventListener("change", fill);
  return fill;
}
