// A table's text to the clipboard.
{
  const said = document.getElementById("said");

  async function copy(text) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      // Some browsers keep their clipboard from files.
      const before = document.activeElement;
      const area = element("textarea", { class: "copied", "aria-hidden": "true" });
      area.value = text;
      document.body.append(area);
      area.select();
      const done = document.execCommand("copy");
      area.remove();
      before.focus();
      return done;
    }
  }

  for (const button of document.querySelectorAll("button[data-copy]")) {
    const label = button.textContent;
    let pause = 0;
    button.addEventListener("click", async () => {
      const texts = JSON.parse(button.parentElement.querySelector("script").textContent);
      const word = (await copy(texts[button.dataset.copy])) ? "Copied" : "Not copied";
      said.textContent = button.textContent = word;
      clearTimeout(pause);
      pause = setTimeout(() => {
        button.textContent = label;
        said.textContent = "";
      }, 2000);
    });
  }
}
