// Corrects the profile: one value in place, or a whole entry in a dialog. Corrections survive reanalysis.

import { announce, call } from "./page.js";
import { changesOf, fieldsOf } from "./entry_form.js";
import { refreshProfile } from "./candidate.js";

const resumeId = document.getElementById("candidate").dataset.id;
const address = `/v1/resumes/${resumeId}/profile`;
const known = () => JSON.parse(document.getElementById("profile-now").textContent);
const steps = (pointer) => pointer.slice(1).split("/");
const at = (profile, pointer) => steps(pointer).reduce((node, key) => node?.[key], profile);

async function save(operations) {
  await call("PATCH", address, { body: operations, headers: { "If-Match": `"${known().version}"` } });
  await refreshProfile();
  announce("Saved");
}

// ---- One value, in place

let open = null; // {form, value}

const pencil = document.createElement("button");
pencil.type = "button";
pencil.className = "quiet correct";
pencil.textContent = "Correct";

function offer(value) {
  if (open || !value || pencil.previousElementSibling === value) return;
  pencil.setAttribute("aria-label", `Correct: ${value.textContent.trim()}`);
  value.after(pencil);
}

document.addEventListener("click", (event) => {
  const value = event.target.closest("[data-value]");
  if (value) offer(value);
  else if (!event.target.closest(".correct, .correcting, .mark, #lines") && !open) pencil.remove();
});
// A click on a highlight in the document selects its value, which can be corrected, too.
document.addEventListener("focusin", (event) => {
  const value = event.target.closest?.(".value.chosen[data-value]");
  if (value) offer(value);
});
document.addEventListener("keydown", (event) => {
  const value = document.activeElement?.closest?.("[data-value]");
  if (event.key === "F2" && value) {
    event.preventDefault();
    begin(value);
  }
});
pencil.addEventListener("click", () => begin(pencil.previousElementSibling));

function close() {
  if (!open) return;
  const { form, value } = open;
  open = null;
  form.remove();
  value.hidden = false;
  value.focus({ preventScroll: true });
}

function begin(value) {
  close();
  pencil.remove();
  const pointer = value.dataset.value;
  const text = at(known().profile, pointer) ?? "";
  const long = value.classList.contains("long");
  const form = document.createElement("form");
  form.className = "correcting";
  const field = document.createElement(long ? "textarea" : "input");
  if (long) field.rows = Math.min(8, Math.max(2, Math.ceil(text.length / 60)));
  field.value = text;
  field.setAttribute("aria-label", "Corrected value");
  const trouble = document.createElement("p");
  trouble.setAttribute("role", "alert");
  const ok = Object.assign(document.createElement("button"), { textContent: "Save", className: "small" });
  const not = Object.assign(document.createElement("button"), { type: "button", textContent: "Cancel", className: "secondary outline small" });
  const away = Object.assign(document.createElement("button"), { type: "button", textContent: "Remove", className: "secondary outline small danger" });
  const actions = document.createElement("div");
  actions.className = "correcting-actions";
  actions.append(ok, not, away);
  form.append(field, actions, trouble);
  value.hidden = true;
  value.after(form);
  open = { form, value };
  field.focus();
  field.select();
  const attempt = async (operations) => {
    form.inert = true;
    try {
      await save(operations);
      open = null;
      document.querySelector(`[data-value="${CSS.escape(pointer)}"]`)?.focus({ preventScroll: true });
    } catch (error) {
      form.inert = false;
      trouble.textContent = error.message;
      field.setAttribute("aria-invalid", "true");
      field.focus();
    }
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (field.value === text) close();
    else attempt([{ op: text === "" ? "add" : "replace", path: pointer, value: field.value }]);
  });
  form.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      event.stopPropagation();
      close();
    }
    if (event.key === "Enter" && long && (event.ctrlKey || event.metaKey)) form.requestSubmit();
  });
  not.addEventListener("click", close);
  away.addEventListener("click", () => attempt([{ op: "remove", path: pointer }]));
}

// ---- A whole entry

const dialog = document.getElementById("edit");
const fieldsBox = document.getElementById("edit-fields");
const dialogTrouble = document.getElementById("edit-trouble");
let edited = null; // {pointer, section, entry, isNew}

function openEntry(pointer) {
  close();
  const { profile, fields } = known();
  const [section] = steps(pointer);
  const isNew = pointer.endsWith("/-");
  const entry = isNew ? {} : at(profile, pointer);
  if (entry === undefined) return;
  edited = { pointer, section, entry, isNew };
  const title = isNew ? `Add to ${section}` : section === "basics" ? "Contact details" : `Edit ${section}`;
  document.getElementById("edit-title").textContent = title;
  dialogTrouble.hidden = true;
  fieldsBox.replaceChildren(...fieldsOf(fields[section], entry));
  document.getElementById("edit-remove").hidden = isNew || section === "basics";
  dialog.showModal();
}

async function saveEntry(operations) {
  if (operations.length === 0) {
    dialog.close();
    return;
  }
  dialog.inert = true;
  try {
    await save(operations);
    dialog.close();
  } catch (error) {
    dialogTrouble.textContent = error.message;
    dialogTrouble.hidden = false;
  } finally {
    dialog.inert = false;
  }
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-edit]");
  if (button) openEntry(button.dataset.edit);
});
dialog.querySelector("form").addEventListener("submit", (event) => {
  event.preventDefault();
  saveEntry(changesOf(fieldsBox, edited));
});
document.getElementById("edit-cancel").addEventListener("click", () => dialog.close());
document.getElementById("edit-remove").addEventListener("click", () => saveEntry([{ op: "remove", path: edited.pointer }]));

// ---- Undo

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-undo]");
  if (!button) return;
  const trouble = document.getElementById("trouble");
  trouble.hidden = true;
  button.disabled = true;
  try {
    await call("DELETE", `${address}/corrections/${button.dataset.undo}`, { headers: { "If-Match": `"${known().version}"` } });
    await refreshProfile();
    announce("Undone");
  } catch (error) {
    button.disabled = false;
    trouble.textContent = error.message;
    trouble.hidden = false;
    trouble.scrollIntoView({ block: "center" });
  }
});
