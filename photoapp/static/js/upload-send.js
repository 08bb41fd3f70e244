// Sends photos one by one, two at a time. What fails for want of a connection goes on by itself; what the server
// refuses stays refused. A photo has `state`: waiting, sending, later, ready, failed or refused.

const PARALLEL = 2;
const TRIES = 4; // of what the server itself could not do
const LONGEST = 30; // seconds between tries
const STALLED = 30_000; // milliseconds without a byte
const THINKING = 90_000; // until the server must have answered

function transfer(photo, url, member, progress) {
  const request = new XMLHttpRequest();
  let watch;
  const done = new Promise((answer) => {
    const watched = (time) => {
      clearTimeout(watch);
      watch = setTimeout(() => request.abort(), time);
    };
    const end = (status, body = {}) => {
      clearTimeout(watch);
      answer({ status, body, wait: Number(request.getResponseHeader?.("Retry-After")) || 0 });
    };
    request.upload.onprogress = ({ loaded, total }) => {
      watched(loaded < total ? STALLED : THINKING);
      progress(loaded / total);
    };
    request.onload = () => end(request.status, request.response ?? {});
    request.onerror = request.onabort = () => end(0);
    request.open("POST", url);
    request.responseType = "json";
    request.setRequestHeader("Accept", "application/json");
    const body = new FormData();
    body.append("member", member);
    body.append("key", photo.key);
    body.append("photo", photo.file, photo.name);
    watched(STALLED);
    request.send(body);
  });
  return { done, stop: () => request.abort() };
}

export class Queue {
  constructor(url, member, changed) {
    Object.assign(this, { url, member, changed, photos: [], running: 0 });
    addEventListener("online", () => this.photos.filter((photo) => photo.state === "later").forEach((photo) => this.again(photo)));
    addEventListener("offline", () => this.photos.forEach((photo) => photo.transfer?.stop()));
  }

  add(photo) {
    this.photos.push(photo);
    if (photo.state !== "ready") this.again(photo);
  }

  again(photo) {
    clearTimeout(photo.timer);
    this.show(photo, { state: "waiting" });
    this.pump();
  }

  remove(photo) {
    clearTimeout(photo.timer);
    this.photos.splice(this.photos.indexOf(photo), 1);
    photo.removed = true;
    photo.transfer?.stop();
  }

  show(photo, change) {
    Object.assign(photo, change);
    if (!photo.removed) this.changed(photo);
  }

  pump() {
    while (this.running < PARALLEL) {
      const next = this.photos.find((photo) => photo.state === "waiting");
      if (!next) return;
      this.send(next);
    }
  }

  async send(photo) {
    this.running += 1;
    this.show(photo, { state: "sending", part: 0 });
    photo.transfer = transfer(photo, this.url, this.member, (part) => this.show(photo, { part }));
    const answer = await photo.transfer.done;
    photo.transfer = undefined;
    this.running -= 1;
    if (!photo.removed) this.settle(photo, answer);
    this.pump();
  }

  settle(photo, { status, body, wait }) {
    if (status === 201) return this.show(photo, { state: "ready", staged: body, tries: 0 });
    const message = body.detail;
    const tries = (photo.tries ?? 0) + 1;
    const passing = status === 0 || status === 429 || status >= 500 || body.again;
    if (!passing) return this.show(photo, { state: status === 401 || status === 403 ? "failed" : "refused", message });
    if (status && tries >= TRIES) return this.show(photo, { state: "failed", message, tries: 0 });
    const seconds = Math.max(wait, Math.min(LONGEST, 2 ** tries) * Math.random()); // full jitter
    photo.timer = setTimeout(() => this.again(photo), seconds * 1000);
    return this.show(photo, { state: "later", message, tries });
  }
}
