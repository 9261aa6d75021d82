// Follows what happens to resumes: by server-sent events, and by asking every few seconds where those are blocked.

const KINDS = ["queued", "extracting", "analysing", "done", "failed"].map((state) => `resume.${state}`);
const PATIENCE_MS = 5000; // a stream that did not say `ready` by then is taken for blocked
const POLL_MS = 3000;

/** `onEvent({id, status, ...})` at each change; `onPoll()` regularly while there is no stream. */
export function follow(onEvent, onPoll) {
  let polling = null;
  const poll = () => {
    polling ??= setInterval(onPoll, POLL_MS);
  };
  const stop = () => {
    clearInterval(polling);
    polling = null;
  };
  const stream = new EventSource("/v1/events");
  const patience = setTimeout(poll, PATIENCE_MS);
  stream.addEventListener("ready", () => {
    clearTimeout(patience);
    if (polling !== null) onPoll(); // what happened in between
    stop();
  });
  stream.addEventListener("error", poll);
  for (const kind of KINDS) stream.addEventListener(kind, (event) => onEvent(JSON.parse(event.data)));
  addEventListener("pagehide", () => {
    stream.close();
    stop();
  });
}
