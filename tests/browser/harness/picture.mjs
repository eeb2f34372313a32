/**
 * From a screen to a camera: a PNG's pixels (ISO/IEC 15948, the kinds that browsers write) and a YUV4MPEG2 file of them,
 * which Chromium plays as a camera, and reads again while it plays.
 */
import { open, writeFile } from "node:fs/promises";
import { inflateSync } from "node:zlib";

/** Bytes per pixel by PNG colour type, at eight bits a channel. */
const CHANNELS = { 0: 1, 2: 3, 6: 4 };

/**
 * Brightness of each pixel, 0 to 255.
 * @param {Buffer} png
 * @returns {{width: number, height: number, luma: Uint8Array}}
 */
export function decodePng(png) {
  const parts = [];
  let head = null;
  for (let at = 8; at < png.length;) {
    const [length, kind] = [png.readUInt32BE(at), png.toString("latin1", at + 4, at + 8)];
    const data = png.subarray(at + 8, at + 8 + length);
    if (kind === "IHDR") head = { width: data.readUInt32BE(0), height: data.readUInt32BE(4), depth: data[8], channels: CHANNELS[data[9]], interlace: data[12] };
    if (kind === "IDAT") parts.push(data);
    at += length + 12;
  }
  if (head?.depth !== 8 || !head.channels || head.interlace !== 0) throw new Error("not a kind of PNG that browsers write");
  const { width, height, channels } = head;
  const rows = unfilter(inflateSync(Buffer.concat(parts)), width * channels, height, channels);
  const luma = new Uint8Array(width * height);
  for (let place = 0, from = 0; place < luma.length; place += 1, from += channels) {
    luma[place] = channels === 1 ? rows[from] : (rows[from] * 77 + rows[from + 1] * 150 + rows[from + 2] * 29) >> 8;
  }
  return { width, height, luma };
}

/** Undoes the five filters of PNG, row by row. */
function unfilter(packed, stride, height, channels) {
  const rows = new Uint8Array(stride * height);
  for (let row = 0; row < height; row += 1) {
    const filter = packed[row * (stride + 1)];
    const [from, to] = [row * (stride + 1) + 1, row * stride];
    for (let place = 0; place < stride; place += 1) {
      const left = place >= channels ? rows[to + place - channels] : 0;
      const up = row > 0 ? rows[to + place - stride] : 0;
      const corner = row > 0 && place >= channels ? rows[to + place - stride - channels] : 0;
      rows[to + place] = packed[from + place] + predicted(filter, left, up, corner);
    }
  }
  return rows;
}

function predicted(filter, left, up, corner) {
  if (filter === 1) return left;
  if (filter === 2) return up;
  if (filter === 3) return (left + up) >> 1;
  if (filter !== 4) return 0;
  const [toLeft, toUp, toCorner] = [Math.abs(up - corner), Math.abs(left - corner), Math.abs(left + up - 2 * corner)];
  if (toLeft <= toUp && toLeft <= toCorner) return left;
  return toUp <= toCorner ? up : corner;
}

const [WIDTH, HEIGHT, FRAMES] = [1280, 720, 3];
const TABLE_GREY = 96;

/** A camera that looks at what is held before it, without colour. */
export class Camera {
  /** @param {string} file where the moving picture is */
  constructor(file) {
    this.file = file;
  }

  /** Nothing but the table. The file has to be there before a browser opens it. */
  async clear() {
    await this.#write(new Uint8Array(WIDTH * HEIGHT).fill(TABLE_GREY));
  }

  /** Holds a screen before the camera: the whole of it, in the middle of the picture. @param {Buffer} png */
  async hold(png) {
    await this.#write(placed(decodePng(png)));
  }

  /** Writes over the file without making it shorter for a moment: the browser is reading it. */
  async #write(luma) {
    const frame = Buffer.concat([Buffer.from("FRAME\n"), luma, Buffer.alloc(WIDTH * HEIGHT / 2, 128)]);
    const film = Buffer.concat([Buffer.from(`YUV4MPEG2 W${WIDTH} H${HEIGHT} F10:1 Ip A1:1 C420\n`), ...Array(FRAMES).fill(frame)]);
    if (!this.made) {
      await writeFile(this.file, film);
      this.made = true;
      return;
    }
    const handle = await open(this.file, "r+");
    await handle.write(film, 0, film.length, 0);
    await handle.close();
  }
}

/** A picture as large as the frame allows, each pixel the mean of what it covers. */
function placed({ width, height, luma }) {
  const scale = Math.min(WIDTH / width, HEIGHT / height);
  const [wide, high] = [Math.floor(width * scale), Math.floor(height * scale)];
  const [left, top] = [(WIDTH - wide) >> 1, (HEIGHT - high) >> 1];
  const out = new Uint8Array(WIDTH * HEIGHT).fill(TABLE_GREY);
  for (let y = 0; y < high; y += 1) {
    const [y0, y1] = covered(y, scale, height);
    for (let x = 0; x < wide; x += 1) {
      const [x0, x1] = covered(x, scale, width);
      let sum = 0;
      for (let row = y0; row < y1; row += 1) for (let column = x0; column < x1; column += 1) sum += luma[row * width + column];
      out[(top + y) * WIDTH + left + x] = sum / ((y1 - y0) * (x1 - x0));
    }
  }
  return out;
}

function covered(place, scale, most) {
  const from = Math.min(most - 1, Math.floor(place / scale));
  return [from, Math.max(from + 1, Math.min(most, Math.floor((place + 1) / scale)))];
}
