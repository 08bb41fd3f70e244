// What was not shared yet, kept in this browser (IndexedDB): a draft's words and order, and its files. A draft belongs
// to one member, and to one window at a time; those of others are removed when somebody else opens the page.
// Where the browser keeps nothing (private windows), everything works but a reload.

const AGE = 7 * 24 * 3600 * 1000;

const promised = (request) =>
  new Promise((done, failed) => {
    request.onsuccess = () => done(request.result);
    request.onerror = () => failed(request.error);
  });

function open() {
  const request = indexedDB.open("uploads", 1);
  request.onupgradeneeded = () => {
    request.result.createObjectStore("drafts", { keyPath: "id" });
    request.result.createObjectStore("files", { keyPath: "key" }).createIndex("draft", "draft");
  };
  return promised(request);
}

let database;

async function within(mode, work) {
  try {
    database ??= open().then((opened) => {
      opened.onversionchange = () => opened.close(); // somebody logs out in another window
      return opened;
    });
    const transaction = (await database).transaction(["drafts", "files"], mode);
    return await work(transaction.objectStore("drafts"), transaction.objectStore("files"));
  } catch {
    return undefined;
  }
}

async function remove(id, drafts, files) {
  drafts.delete(id);
  for (const key of await promised(files.index("draft").getAllKeys(id))) files.delete(key);
}

// Held as long as the page lives, so that two windows do not work on one draft.
function claim(id) {
  if (!navigator.locks) return Promise.resolve(true);
  return new Promise((answer) => {
    navigator.locks.request(`upload-${id}`, { ifAvailable: true }, (lock) => {
      answer(Boolean(lock));
      return lock ? new Promise(() => {}) : undefined;
    });
  });
}

// The member's newest draft that no other window has open, with its files by key; undefined where there is none.
export async function restore(member) {
  const found = await within("readwrite", async (drafts, files) => {
    const all = await promised(drafts.getAll());
    const foreign = (draft) => draft.member !== member || Date.now() - draft.at > AGE;
    for (const draft of all.filter(foreign)) await remove(draft.id, drafts, files);
    return all.filter((draft) => !foreign(draft)).sort((one, other) => other.at - one.at);
  });
  for (const draft of found ?? []) {
    if (!(await claim(draft.id))) continue;
    const rows = await within("readonly", (_, files) => promised(files.index("draft").getAll(draft.id)));
    return { ...draft, files: new Map((rows ?? []).map((row) => [row.key, row.file])) };
  }
  return undefined;
}

export const begin = claim;

// The commit is asked for at once: a page that is being left does not come to its turn, and would lose what it wrote.
export const save = (draft) =>
  within("readwrite", (drafts) => {
    const done = promised(drafts.put({ ...draft, at: Date.now() }));
    drafts.transaction.commit();
    return done;
  });

// False where the file was not kept.
export async function keep(draft, key, file) {
  return (await within("readwrite", (_, files) => promised(files.put({ key, draft, file })))) !== undefined;
}

export const forget = (key) => within("readwrite", (_, files) => promised(files.delete(key)));

export const discard = (id) => within("readwrite", (drafts, files) => remove(id, drafts, files));
