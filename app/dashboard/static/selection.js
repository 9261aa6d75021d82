// Selects rows of the list and applies actions to all of them.

import { deletedIds } from "./candidates.js";
import { announce, call } from "./page.js";

const AT_ONCE = 4;
const bar = document.getElementById("bulk");
const words = document.getElementById("bulk-words");
const dialog = document.getElementById("confirm-bulk");
let last = null; // the last clicked box, from which Shift extends the selection
let busy = false;

const boxes = () => [...document.querySelectorAll("#rows .pick input")];
const chosen = () => boxes().filter((box) => box.checked).map((box) => box.closest("tr"));

function show(text) {
  const count = chosen().length;
  bar.hidden = count === 0 && !text;
  if (text || count) words.textContent = text ?? `${count} selected`;
  const all = document.getElementById("pick-all");
  if (!all) return;
  all.checked = count > 0 && count === boxes().length;
  all.indeterminate = count > 0 && count < boxes().length;
}

document.addEventListener("click", (event) => {
  const box = event.target.closest("#rows .pick input");
  if (!box) return;
  const all = boxes();
  if (event.shiftKey && last && all.includes(last)) {
    const [from, to] = [all.indexOf(last), all.indexOf(box)].sort((a, b) => a - b);
    for (const each of all.slice(from, to + 1)) each.checked = box.checked;
  }
  last = box;
});
document.addEventListener("change", (event) => {
  if (event.target.id === "pick-all") for (const box of boxes()) box.checked = event.target.checked;
  if (event.target.closest(".pick")) show();
});
// With a row in focus, x selects it.
document.addEventListener("keydown", (event) => {
  if (event.key !== "x" || event.ctrlKey || event.metaKey || event.altKey) return;
  const box = document.activeElement?.closest?.("#rows tr")?.querySelector(".pick input");
  if (!box || document.activeElement === box) return;
  event.preventDefault();
  box.checked = !box.checked;
  show();
});
document.addEventListener("vitae:swapped", () => show());
new MutationObserver(() => busy || show()).observe(document.getElementById("results"), { childList: true, subtree: true });
document.getElementById("bulk-none").addEventListener("click", () => {
  for (const box of boxes()) box.checked = false;
  show();
});

const nameOf = (row) => row.querySelector(".row-link").textContent;

/** Apply it to every selected row, a few at a time; rows that fail stay selected, with the first one's reason. */
async function each(doing, done, work) {
  const rows = chosen();
  const failures = [];
  let finished = 0;
  busy = true;
  bar.inert = true;
  const take = async () => {
    for (let row = rows.shift(); row; row = rows.shift()) {
      show(`${doing} ${++finished} of ${total} …`);
      try {
        await work(row);
        // A refresh may have replaced the row in the meantime.
        const shown = document.getElementById(row.id);
        if (shown) shown.querySelector(".pick input").checked = false;
      } catch (error) {
        failures.push(`${nameOf(row)}: ${error.message}`);
      }
    }
  };
  const total = rows.length;
  await Promise.all(Array.from({ length: AT_ONCE }, take));
  busy = false;
  bar.inert = false;
  const said = `${total - failures.length} ${done}${failures.length ? `, ${failures.length} not. ${failures[0]}` : ""}`;
  show(failures.length ? said : undefined);
  announce(said);
}

document.getElementById("bulk-reanalyse")?.addEventListener("click", () =>
  each("Sending", "are being analysed again", (row) => call("POST", `/v1/resumes/${row.dataset.id}/reanalyse`)),
);
document.getElementById("bulk-delete")?.addEventListener("click", () => {
  const rows = chosen();
  const one = rows.length === 1;
  document.getElementById("confirm-bulk-title").textContent = one ? "Delete this candidate for good?" : `Delete ${rows.length} candidates for good?`;
  const names = rows.slice(0, 5).map(nameOf).join(", ") + (rows.length > 5 ? ` and ${rows.length - 5} more` : "");
  document.getElementById("confirm-bulk-words").textContent = `${names}: ${one ? "the file, the profile and all its history are" : "files, profiles and all their history are"} erased. What it cost stays in the ledger, without the person.`;
  dialog.returnValue = "";
  dialog.showModal();
});
dialog?.addEventListener("close", () => {
  if (dialog.returnValue !== "yes") return;
  each("Deleting", "deleted", async (row) => {
    await call("DELETE", `/v1/resumes/${row.dataset.id}`);
    deletedIds.add(row.dataset.id);
    document.getElementById(row.id)?.remove();
  });
});
for (const button of document.querySelectorAll("[data-export]")) {
  button.addEventListener("click", () => {
    const query = new URLSearchParams({ format: button.dataset.export });
    for (const row of chosen()) query.append("id", row.dataset.id);
    const link = document.createElement("a");
    link.href = `/v1/resumes/export?${query}${bar.dataset.query}`;
    link.download = "";
    link.click();
    button.closest("details").open = false;
  });
}
