// The fields of an entry as a form, and the changes made in it as JSON Patch; used to correct and to review profiles.

const NAMES = { studyType: "Degree", url: "Address (URL)", startDate: "From", endDate: "To", releaseDate: "Date", countryCode: "Country", postalCode: "Postal code", label: "Title" };
const HINTS = { date: "2019, 2019-03 or 2019-03-01", texts: "One per line", country: "Two letters", url: "https://…" };
const LONG = new Set(["summary", "description", "reference", "address"]);

/** Labelled inputs for the fields, which are pairs of name and kind, with the values of the entry. */
export function fieldsOf(fields, entry) {
  return fields
    .filter(([name]) => (name !== "image" && name !== "location/address") || textOf(entry, name))
    .map(([name, kind]) => {
      const label = document.createElement("label");
      const field = document.createElement(kind === "texts" || LONG.has(name) ? "textarea" : "input");
      field.name = name;
      field.value = textOf(entry, name);
      field.dataset.kind = kind;
      if (HINTS[kind]) field.placeholder = HINTS[kind];
      if (field.tagName === "TEXTAREA") label.className = "whole";
      label.append(nameOf(name), field);
      return label;
    });
}

/** The operations that make the entry what the form says; one that adds it if it is new. */
export function changesOf(form, { pointer, entry, isNew }) {
  const fields = [...form.querySelectorAll("input, textarea")];
  if (isNew) {
    const value = entryOf(form);
    return Object.keys(value).length ? [{ op: "add", path: pointer, value }] : [];
  }
  const operations = [];
  for (const field of fields) {
    const value = given(field);
    if (field.value.trim() === textOf(entry, field.name)) continue;
    operations.push(value.length ? { op: "add", path: `${pointer}/${field.name}`, value } : { op: "remove", path: `${pointer}/${field.name}` });
  }
  return operations;
}

/** The entry as the form says, without empty fields. */
export function entryOf(form) {
  const fields = [...form.querySelectorAll("input, textarea")];
  return Object.fromEntries(fields.map((field) => [field.name, given(field)]).filter(([, value]) => value.length));
}

function nameOf(field) {
  const last = field.split("/").at(-1);
  return NAMES[last] ?? last.replace(/([a-z])([A-Z])/g, "$1 $2").replace(/^./, (letter) => letter.toUpperCase());
}

function textOf(entry, name) {
  const value = name.split("/").reduce((node, key) => node?.[key], entry);
  return Array.isArray(value) ? value.join("\n") : (value ?? "");
}

const given = (field) =>
  field.dataset.kind === "texts" ? field.value.split("\n").map((line) => line.trim()).filter(Boolean) : field.value.trim();
