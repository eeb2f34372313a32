// Symbols on a canvas, every module a whole number of the screen's own dots, so that edges stay sharp for a camera.

/** The size of a module in dots: as many whole ones as fit, at least one. */
export const moduleDots = (modules, widthPx, ratio) => Math.max(1, Math.floor((widthPx * ratio) / modules));

function sheet(canvas, columns, rows, ratio) {
  canvas.width = columns;
  canvas.height = rows;
  canvas.style.width = `${columns / ratio}px`;
  canvas.style.height = `${rows / ratio}px`;
  const pen = canvas.getContext("2d", { alpha: false });
  pen.fillStyle = "#fff";
  pen.fillRect(0, 0, columns, rows);
  pen.fillStyle = "#000";
  return pen;
}

/**
 * Draws a QR matrix with its quiet zone of four modules.
 * @param {HTMLCanvasElement} canvas
 * @param {{size: number, modules: Uint8Array}} matrix
 * @param {number} widthPx the width there is, in CSS pixels
 */
export function drawQr(canvas, { size, modules }, widthPx, ratio = devicePixelRatio || 1) {
  const dots = moduleDots(size + 8, widthPx, ratio);
  const pen = sheet(canvas, (size + 8) * dots, (size + 8) * dots, ratio);
  for (let row = 0; row < size; row += 1) {
    for (let column = 0; column < size; column += 1) {
      if (!modules[row * size + column]) continue;
      let run = 1;
      while (column + run < size && modules[row * size + column + run]) run += 1;
      pen.fillRect((column + 4) * dots, (row + 4) * dots, run * dots, dots);
      column += run;
    }
  }
}

/** Draws bars of these widths (bar, space, bar …) with a quiet zone of ten modules on either side. */
export function drawBars(canvas, widths, widthPx, heightPx, ratio = devicePixelRatio || 1) {
  const modules = widths.reduce((sum, width) => sum + width, 20);
  const dots = moduleDots(modules, widthPx, ratio);
  const pen = sheet(canvas, modules * dots, Math.round(heightPx * ratio), ratio);
  let at = 10;
  widths.forEach((width, index) => {
    if (index % 2 === 0) pen.fillRect(at * dots, 0, width * dots, Math.round(heightPx * ratio));
    at += width;
  });
}
