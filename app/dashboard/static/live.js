// Follows what happens to resumes: by server-sent events, and by asking every few seconds where those are blocked.

const KINDS = ["queued", "extracting", "analysing", "done", "failed"].map((state) => `resume.${state}`);
const PATIENCE_MS = 5000; // a stream that did not say `ready` by then is taken for blocked
const POLL_MS = 3000;

/**
 * `onEvent({id, status, ...})` at each change; `onPoll()` whenever changes may have been missed. With the address of one
 * resume's events also `onPartial({client, profile, ...})` while a model answers. Returns what ends it.
 */
export function follow(onEvent, onPoll, { address = "/v1/events", onPartial = null } = {}) {
  let stream = null;
  let polling = null;
  let patience = null;
  let over = false;
  const poll = () => {
    polling ??= setInterval(onPoll, POLL_MS);
  };
  const stopPolling = () => {
    clearInterval(polling);
    polling = null;
  };
  const stands = () => {
    clearTimeout(patience);
    stopPolling();
  };
  const open = () => {
    if (stream !== null || over) return;
    stream = new EventSource(address);
    patience = setTimeout(poll, PATIENCE_MS);
    stream.addEventListener("ready", () => {
      stands();
      onPoll(); // what happened before the stream stood
    });
    stream.addEventListener("error", poll);
    for (const kind of KINDS) {
      stream.addEventListener(kind, (event) => {
        stands(); // the stream of one resume begins with its state
        onEvent(JSON.parse(event.data));
      });
    }
    if (onPartial) stream.addEventListener("partial", (event) => onPartial(JSON.parse(event.data)));
  };
  const close = () => {
    clearTimeout(patience);
    stopPolling();
    stream?.close();
    stream = null;
  };
  // Browsers keep six connections to a host: pages that nobody looks at must not hold one each.
  const hold = () => (document.hidden ? close() : open());
  document.addEventListener("visibilitychange", hold);
  addEventListener("pagehide", close);
  addEventListener("pageshow", hold);
  hold();
  return () => {
    over = true;
    close();
  };
}
