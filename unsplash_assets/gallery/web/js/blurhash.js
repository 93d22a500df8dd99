// Draws a BlurHash: the few colours of a photo that are seen until its thumbnail has loaded.
//
// The form is described at https://github.com/woltapp/blurhash/blob/master/Algorithm.md. A photo is
// drawn when it comes near, since most of a thousand are never seen.

const DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz#$%*+,-.:;=?@[]^_{|}~";
const [WIDTH, HEIGHT] = [16, 12]; // pixels; the browser enlarges them smoothly
const NEAR = "600px";

const canvas = document.createElement("canvas");
[canvas.width, canvas.height] = [WIDTH, HEIGHT];
const context = canvas.getContext("2d", { willReadFrequently: true });

const observer = new IntersectionObserver((entries) => {
  for (const { isIntersecting, target } of entries) if (isIntersecting) draw(target);
}, { rootMargin: NEAR });

export function drawWhenNear(photo) {
  if (photo.dataset.blur) observer.observe(photo);
}

function draw(photo) {
  observer.unobserve(photo);
  const link = photo.querySelector(".picture");
  const factors = link.querySelector("img").complete ? null : read(photo.dataset.blur);
  if (!factors) return;
  context.putImageData(new ImageData(pixels(factors), WIDTH, HEIGHT), 0, 0);
  link.style.backgroundImage = `url("${canvas.toDataURL()}")`;
}

const number = (text) => [...text].reduce((sum, digit) => sum * 83 + DIGITS.indexOf(digit), 0);
const toLinear = (value) => (value <= 10.31475 ? value / 3294.6 : ((value / 255 + 0.055) / 1.055) ** 2.4);
const toByte = (value) => 255 * (value <= 0.0031308 ? value * 12.92 : 1.055 * value ** (1 / 2.4) - 0.055);
const signedSquare = (value) => Math.sign(value) * value ** 2;

// Returns the colours of the waves that a hash sums up, row by row; null if it is none.
function read(hash) {
  const size = number(hash[0]);
  const [columns, rows] = [(size % 9) + 1, Math.floor(size / 9) + 1];
  if (hash.length !== 4 + 2 * columns * rows || [...hash].some((digit) => !DIGITS.includes(digit))) return null;
  const most = (number(hash[1]) + 1) / 166;
  const mean = number(hash.slice(2, 6));
  const colours = [[mean >> 16, (mean >> 8) & 255, mean & 255].map(toLinear)];
  for (let at = 6; at < hash.length; at += 2) {
    const value = number(hash.slice(at, at + 2));
    const parts = [Math.floor(value / 361), Math.floor(value / 19) % 19, value % 19];
    colours.push(parts.map((part) => signedSquare((part - 9) / 9) * most));
  }
  return { columns, colours };
}

function pixels({ columns, colours }) {
  const found = new Uint8ClampedArray(4 * WIDTH * HEIGHT).fill(255);
  for (let place = 0; place < WIDTH * HEIGHT; place += 1) {
    const [x, y] = [(place % WIDTH) / WIDTH, Math.floor(place / WIDTH) / HEIGHT];
    const sum = [0, 0, 0];
    colours.forEach((colour, wave) => {
      const height = Math.cos(Math.PI * x * (wave % columns)) * Math.cos(Math.PI * y * Math.floor(wave / columns));
      colour.forEach((part, channel) => (sum[channel] += part * height));
    });
    sum.forEach((value, channel) => (found[4 * place + channel] = toByte(Math.max(0, value))));
  }
  return found;
}
