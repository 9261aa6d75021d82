// Files being uploaded, stored in the browser's database until the service has them: a reload loses nothing.
// Entries: {key, name, size, state: "waiting"|"sent"|"refused", file, localOnly, id, status, duplicateOf, problem, at}

const tenant = document.body.dataset.tenant ?? "";

function opened() {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(`vitae-uploads-${tenant}`, 1);
    request.onupgradeneeded = () => request.result.createObjectStore("files", { keyPath: "key" });
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

let database = null;

async function inStore(mode, work) {
  database ??= opened();
  const transaction = (await database).transaction("files", mode);
  const request = work(transaction.objectStore("files"));
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve(request?.result);
    transaction.onerror = () => reject(transaction.error);
    transaction.onabort = () => reject(transaction.error);
  });
}

export const all = async () => (await inStore("readonly", (store) => store.getAll())).sort((a, b) => a.at - b.at);
export const put = (entry) => inStore("readwrite", (store) => store.put(entry));
export const remove = (key) => inStore("readwrite", (store) => store.delete(key));

let count = 0;

export function newEntry(file, localOnly) {
  return {
    key: crypto.randomUUID?.() ?? Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, "0")).join(""),
    name: file.name,
    size: file.size,
    state: "waiting",
    file,
    localOnly,
    at: Date.now() + count++ / 1000,
  };
}

const READABLE = /\.(pdf|docx?|odt|rtf|txt|md|markdown|html?|png|jpe?g|tiff?|webp)$/i;

/** All files of a drop, including those in folders. Must be called synchronously in the drop handler. */
export async function droppedFiles(transfer) {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  if (entries.length === 0) return [...transfer.files];
  const files = [];
  const walk = async (entry, inFolder) => {
    if (entry.isFile) {
      const file = await new Promise((resolve, reject) => entry.file(resolve, reject));
      // Other files in a dropped folder are ignored; a single dropped file of the wrong type is reported.
      if (!inFolder || READABLE.test(file.name)) files.push(file);
      return;
    }
    const reader = entry.createReader();
    for (;;) {
      const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
      if (some.length === 0) return;
      for (const child of some) await walk(child, true);
    }
  };
  for (const entry of entries) await walk(entry, false);
  return files;
}

export const readable = (files) => [...files].filter((file) => READABLE.test(file.name));
