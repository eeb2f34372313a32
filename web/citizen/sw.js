// The citizen's service worker: the app starts from what is kept here, so that a dead platform still shows codes. It answers the
// start page and its parts; everything under /v1 and /auth goes to the platform untouched.
//
// The build fills in the list of addresses with the hash of each file's bytes; a changed hash is a new worker and a new cache.

const PRECACHE = /*PRECACHE*/[];
const START = "/me";
const NAME = `tongma-citizen-${fingerprint(PRECACHE)}`;

/** One name for one set of files: FNV-1a over addresses and hashes. It tells versions apart; it guards nothing. */
function fingerprint(list) {
  let sum = 0x811c9dc5;
  for (const letter of JSON.stringify(list)) sum = Math.imul(sum ^ letter.charCodeAt(0), 0x01000193) >>> 0;
  return sum.toString(16);
}

self.addEventListener("install", (event) => {
  event.waitUntil(
    (async () => {
      const cache = await caches.open(NAME);
      await cache.addAll(PRECACHE.map(([url]) => new Request(url, { cache: "no-cache" })));
      await self.skipWaiting();
    })(),
  );
});

self.addEventListener("activate", (event) => {
  event.waitUntil(
    (async () => {
      const old = (await caches.keys()).filter((name) => name.startsWith("tongma-citizen-") && name !== NAME);
      await Promise.all(old.map((name) => caches.delete(name)));
      await self.clients.claim();
    })(),
  );
});

let kept; // the cache, opened once for as long as the worker runs

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== self.location.origin) return;
  const start = request.mode === "navigate" && (url.pathname === START || url.pathname === `${START}/`);
  if (!start && !url.pathname.startsWith("/assets/") && url.pathname !== "/manifest.webmanifest") return;
  event.respondWith(
    (async () => {
      const cache = await (kept ??= caches.open(NAME));
      return (await cache.match(start ? START : request, { ignoreSearch: true })) ?? fetch(request);
    })(),
  );
});
