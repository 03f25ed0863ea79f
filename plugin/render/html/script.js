(() => {
  "use strict";
  const status = document.getElementById("status");
  // Where the clipboard is not to be had, the text is selected, so that a key copies it.
  const select = (node) => getSelection().selectAllChildren(node);
  for (const button of document.querySelectorAll("button.copy")) {
    const text = button.previousElementSibling;
    button.hidden = false;
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(text.textContent);
        status.textContent = "Copied.";
        button.textContent = "Copied";
      } catch {
        select(text);
        status.textContent = "Selected: copy it with the keyboard.";
        button.textContent = "Selected";
      }
      setTimeout(() => { button.textContent = "Copy"; }, 2000);
    });
  }
  // What is folded away on a screen is wanted on paper, where nothing can be unfolded.
  let opened = [];
  addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll("details.print:not([open])")];
    for (const one of opened) { one.open = true; }
  });
  addEventListener("afterprint", () => { for (const one of opened) { one.open = false; } });
})();
