// Follows the state of resumes by server-sent events, and by polling where those are blocked.

const KINDS = ["queued", "extracting", "analysing", "done", "failed"].map((state) => `resume.${state}`);
const READY_WITHIN_MS = 5000; // a stream that has not sent `ready` by then counts as blocked
const POLL_MS = 3000;

/**
 * `onEvent({id, status, ...})` at each change; `onPoll()` whenever changes may have been missed. With the address of one
 * resume's events also `onPartial({client, profile, ...})` while a model is writing. Returns a function that stops it.
 */
export function follow(onEvent, onPoll, { address = "/v1/events", onPartial = null } = {}) {
  let stream = null;
  let polling = null;
  let readyTimer = null;
  let over = false;
  const poll = () => {
    polling ??= setInterval(onPoll, POLL_MS);
  };
  const stopPolling = () => {
    clearInterval(polling);
    polling = null;
  };
  const stands = () => {
    clearTimeout(readyTimer);
    stopPolling();
  };
  const open = () => {
    if (stream !== null || over) return;
    stream = new EventSource(address);
    readyTimer = setTimeout(poll, READY_WITHIN_MS);
    stream.addEventListener("ready", () => {
      stands();
      onPoll(); // events from before the stream was open
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
    clearTimeout(readyTimer);
    stopPolling();
    stream?.close();
    stream = null;
  };
  // Browsers allow six connections per host: hidden pages must not hold one each.
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
