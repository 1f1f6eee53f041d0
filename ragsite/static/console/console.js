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

  function schedule() {
    const wait = pause();
    if (!wait) return;
    window.setTimeout(async () => {
      let again = true;
      if (!document.hidden) {
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
