// Keeps what is marked `data-live` and choices up to date, and copies secrets to the clipboard. No dependencies, no inline code.
"use strict";

(() => {
  const RUNNING_MS = 2000;

  /** Milliseconds until the page is to be asked for again; 0 for never. */
  function pause() {
    const polled = document.querySelector("[data-poll]");
    if (polled) return Number(polled.dataset.poll) * 1000;
    return document.querySelector("[data-live][data-running]") ? RUNNING_MS : 0;
  }

  /** Take what is live from a fresh copy of the page; selections, menus and the scroll position stay as they are. */
  async function refresh() {
    const answer = await fetch(window.location.href, { credentials: "same-origin" });
    if (!answer.ok || answer.redirected) return false;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    const parts = new Map([...fresh.querySelectorAll("[data-live]")].map((part) => [part.dataset.live, part]));
    for (const part of document.querySelectorAll("[data-live]")) {
      const next = parts.get(part.dataset.live);
      if (!next) {
        part.removeAttribute("data-running"); // it has left this page of the list
      } else if (!next.isEqualNode(part)) {
        part.replaceWith(document.importNode(next, true));
      }
    }
    return true;
  }

  let timer = 0;

  function schedule() {
    const wait = pause();
    if (!wait || timer) return;
    timer = window.setTimeout(async () => {
      timer = 0;
      let again = true;
      if (!document.hidden && !(told && !document.querySelector("[data-poll]"))) {
        try {
          again = await refresh();
        } catch {
          again = true; // the server is away for a moment
        }
      }
      if (again) schedule();
    }, wait);
  }

  document.addEventListener("DOMContentLoaded", schedule);

  const AGAIN_MS = 1000;
  const LINE = 48; // characters, as the server cuts it
  let stream = null; // of the documents on this page
  let told = false; // whether it works; until then, and where it does not, the page is asked for again and again
  let due = 0;

  /** Ask for the page soon, once for all that happens until then. */
  function refreshSoon() {
    due ||= window.setTimeout(async () => {
      due = 0;
      try {
        await refresh();
      } catch {
        refreshSoon(); // the server is away for a moment
      }
    }, AGAIN_MS);
  }

  /** Show how far a document is; what only the server can draw is asked for. */
  function show(sight) {
    const mark = document.querySelector(`[data-watch="${CSS.escape(sight.id)}"]`);
    if (!mark) return;
    const percent = Math.round(100 * Math.min(Math.max(sight.progress, 0), 1));
    mark.querySelector("progress").value = percent;
    mark.querySelector("progress + span").textContent = `${percent} %`;
    const line = document.querySelector(`[data-live="${CSS.escape(sight.id)}:message"] .rs-line`);
    if (line) {
      line.title = sight.summary;
      line.textContent = sight.summary.length > LINE ? `${sight.summary.slice(0, LINE - 1)}…` : sight.summary;
    }
    const state = sight.run + (sight.waiting ? sight.waiting.kind : "");
    const logged = document.querySelector(`[data-live="${CSS.escape(sight.id)}:tasks"]`);
    if (state !== mark.dataset.state || logged) refreshSoon();
  }

  /** Have the server tell of the documents on this page, while somebody looks at it. */
  function watch() {
    const marks = [...document.querySelectorAll("[data-watch]")];
    if (!marks.length || document.hidden || stream || !window.EventSource) return;
    const query = new URLSearchParams(marks.map((mark) => ["id", mark.dataset.watch]));
    stream = new EventSource(`${marks[0].dataset.stream}?${query}`);
    stream.addEventListener("open", () => (told = true));
    stream.addEventListener("document", (event) => show(JSON.parse(event.data)));
    stream.addEventListener("removed", refreshSoon);
    stream.addEventListener("reset", refreshSoon);
    stream.addEventListener("error", () => {
      told = false; // it comes back by itself, unless it was refused
      schedule();
    });
  }

  function unwatch() {
    stream?.close();
    stream = null;
    told = false;
  }

  document.addEventListener("DOMContentLoaded", watch);
  window.addEventListener("pagehide", unwatch);
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) {
      unwatch();
    } else if (document.querySelector("[data-watch]")) {
      refreshSoon();
      watch();
    }
  });

  /** Where the choices of a field depend on another field, have the page tell them anew when that one changes. */
  function offerAnew() {
    const offered = document.querySelector("select[data-offered-by]");
    const chooser = offered && document.getElementById(`id_${offered.dataset.offeredBy}`);
    if (!chooser) return;
    const { jQuery } = window.django; // select2 tells of changes through it alone
    jQuery(chooser).on("change", async () => {
      const page = new URL(window.location.pathname, window.location.href);
      page.searchParams.set(chooser.name, chooser.value);
      const answer = await fetch(page, { credentials: "same-origin" });
      if (!answer.ok) return;
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById(offered.id);
      offered.replaceChildren(...[...fresh.options].map((option) => document.importNode(option, true)));
      jQuery(offered).trigger("change");
    });
  }

  document.addEventListener("DOMContentLoaded", offerAnew);

  document.addEventListener("click", async (event) => {
    const button = event.target instanceof Element && event.target.closest("[data-copy]");
    if (!button) return;
    const source = document.getElementById(button.dataset.copy);
    try {
      await navigator.clipboard.writeText(source.textContent);
      button.textContent = "Copied";
    } catch {
      window.getSelection().selectAllChildren(source); // no clipboard without https: one keystroke is left
      button.textContent = "Press Ctrl+C";
    }
  });
})();
