(() => {
  // WCAG 2.2: relative luminance and contrast ratio of every text that is shown, on the ground that is behind it.
  const channels = (text) => {
    const parts = text.match(/[\d.]+/g).map(Number);
    return parts.length === 4 && parts[3] === 0 ? null : parts.slice(0, 3);
  };
  const light = (rgb) => {
    const [r, g, b] = rgb.map((value) => value / 255)
      .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (element) => {
    for (let one = element; one; one = one.parentElement) {
      const found = channels(getComputedStyle(one).backgroundColor);
      if (found) { return found; }
    }
    return [255, 255, 255];
  };
  const bad = [];
  let texts = 0;
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.textContent.trim() || element.closest("script, .vh")) { continue; }
    const style = getComputedStyle(element);
    const text = channels(element instanceof SVGElement ? style.fill : style.color);
    const [one, other] = [light(text), light(ground(element))];
    const ratio = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
    texts += 1;
    if (ratio < 4.5) { bad.push(`${ratio.toFixed(2)} ${element.className}: ${walker.currentNode.textContent.slice(0, 40)}`); }
  }
  return { texts, bad };
})()
