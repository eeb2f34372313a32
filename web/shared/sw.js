// The service worker of what stands at a venue (desk and gate, kiosk and board): each opens from what is kept here, so that a gate
// decides and a kiosk gives numbers with the platform stopped and the browser started afresh. It answers its page and its parts;
// everything under /v1 goes to the platform untouched.
//
// The build fills in the page, and the list of addresses with the hash of each file's bytes; a changed hash is a new worker and a
// new cache.

const PRECACHE = /*PRECACHE*/[];
const START = "/*PAGE*/";
const PREFIX = `tongma${START.replace("/", "-")}-`;
const NAME = PREFIX + fingerprint(PRECACHE);

/** One name for one set of files: FNV-1a over addresses and hashes. It tells versions apart; it guards nothing. */
function fingerprint(list) {
  let sum = 0x811c9dc5;
  for (const letter of JSON.stringify(list)) sum = Math.imul(sum ^ letter.charCodeAt(0), 0x01000193) >>> 0;
  return sum.toString(16);
}

self.addEventListener("install", (event) => {
  event.waitUntil((async () => {
    const cache = await caches.open(NAME);
    await cache.addAll(PRECACHE.map(([url]) => new Request(url, { cache: "no-cache" })));
    await self.skipWaiting();
  })());
});

self.addEventListener("activate", (event) => {
  event.waitUntil((async () => {
    const old = (await caches.keys()).filter((name) => name.startsWith(PREFIX) && name !== NAME);
    await Promise.all(old.map((name) => caches.delete(name)));
    await self.clients.claim();
  })());
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== self.location.origin) return;
  const start = request.mode === "navigate" && (url.pathname === START || url.pathname === `${START}/`);
  if (!start && !url.pathname.startsWith("/assets/")) return;
  event.respondWith((async () => {
    const wanted = start ? START : request;
    const kept = await (await caches.open(NAME)).match(wanted, { ignoreSearch: true });
    // Two registrations run this worker, for the page and for its camera reader; while one is a version ahead of the other,
    // the other's cache may be gone, and any version is better than none.
    return kept ?? (await caches.match(wanted, { ignoreSearch: true })) ?? fetch(request);
  })());
});
