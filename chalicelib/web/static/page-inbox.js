/* The notifications of the signed-in user: all or unread ones, with a link to the page on which to act. */

import { announce, Button, Card, EmptyState, html, LoadedContent, Notice, ProblemNotice, ROOT } from "./ui.js";
import { useEffect, useRef, useState } from "./ui.js";
import { LoadMore, useList } from "./table.js";
import { formatDateTime } from "./dates.js";
import { post } from "./api.js";
import { setUnreadCount, useUnreadCount } from "./shell.js";

export default function Inbox({ query }) {
  const isUnreadOnly = query.get("unread") === "true";
  const list = useList("api/notifications/", isUnreadOnly ? { unread: true } : {});
  const [problem, setProblem] = useState(null);
  const [busy, setBusy] = useState(false);
  const known = list.page?.unread_count ?? 0;
  const hasNew = useUnreadCount() > known && list.page !== undefined && !list.busy;
  const markRead = async (body, isRead) => {
    setProblem(null);
    try {
      const { unread_count: count } = await post("api/notifications/read/", body);
      const rows = list.data.map((row) => (row.read_at || !isRead(row) ? row : { ...row, read_at: row.created_at }));
      list.update({ rows, page: { ...list.page, unread_count: count } });
      setUnreadCount(count);
      return true;
    } catch (error) {
      setProblem(error);
      return false;
    }
  };
  const markAllRead = async () => {
    setBusy(true);
    if (await markRead({ all: true }, () => true)) announce("All notifications are marked as read.");
    setBusy(false);
  };
  const markOneRead = (row) => row.read_at || markRead({ ids: [row.id] }, ({ id }) => id === row.id);
  return html`<div class="title"><h1>Notifications</h1>
      <p class="actions">${
        known > 0 && html`<${Button} busy=${busy} busyText="Saving…" onClick=${markAllRead}>Mark all as read<//>`
      }
        <a class="button" href="#/notifications/preferences">Preferences</a></p></div>
    <nav class="tabs" aria-label="Notifications"><ul>
      <li><a href="#/notifications" aria-current=${isUnreadOnly ? undefined : "page"}>All</a></li>
      <li><a href="#/notifications?unread=true" aria-current=${isUnreadOnly ? "page" : undefined}>
        ${known > 0 ? `Unread (${known})` : "Unread"}</a></li></ul></nav>
    ${problem && html`<${ProblemNotice} problem=${problem} />`}
    ${
      hasNew &&
      html`<${Notice} title="You have new notifications.">
        <p class="actions"><${Button} kind="small" onClick=${list.reload}>Show them<//></p><//>`
    }
    <${LoadedContent} state=${list}>${(rows) =>
      rows.length === 0 && !list.hasMore
        ? html`<${Card}><${Empty} isUnreadOnly=${isUnreadOnly} /><//>`
        : html`<${Items} rows=${rows} firstNew=${list.firstNew} onRead=${markOneRead} />
            <${LoadMore} list=${list} />`}<//>`;
}

function Empty({ isUnreadOnly }) {
  return isUnreadOnly
    ? html`<${EmptyState} icon="circle-check" title="No unread notifications.">
        <a class="button" href="#/notifications">Show all<//><//>`
    : html`<${EmptyState} icon="bell" title="No notifications yet.">
        <p>We’ll let you know here when something needs your attention.</p><//>`;
}

function Items({ rows, firstNew, onRead }) {
  const items = useRef(null);
  useEffect(() => {
    if (firstNew) items.current?.children[firstNew]?.focus();
  }, [firstNew]);
  return html`<ul class="inbox" ref=${items}>${rows.map(
    (row, index) => html`<li key=${row.id} class=${row.read_at ? "" : "unread"}
      tabindex=${firstNew && index === firstNew ? -1 : undefined}>
      <${Item} row=${row} onRead=${() => onRead(row)} /></li>`,
  )}</ul>`;
}

function Item({ row, onRead }) {
  const { title, text, created_at: createdAt, read_at: readAt } = row;
  const href = linkTarget(row.link);
  return html`<div><h2>${!readAt && html`<span class="sr-only">Unread: </span>`}
      ${href ? html`<a href=${href} onClick=${onRead}>${title}</a>` : title}</h2>
    <p>${text}</p>
    <p class="muted small"><time datetime=${createdAt}>${formatDateTime(createdAt)}</time></p></div>
    ${
      !readAt &&
      html`<${Button} kind="small" onClick=${onRead} aria-label=${`Mark as read: ${title}`}>Mark as read<//>`
    }`;
}

/** The address of a link such as "/app/#/loans/1" on this deployment; other links are ignored. */
function linkTarget(link) {
  if (!link) return null;
  if (link.startsWith("#/")) return link;
  return link.startsWith("/") && !link.startsWith("//") ? ROOT + link.slice(1) : null;
}
