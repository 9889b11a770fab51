/* The operator panel: its pages and navigation. Other users see the page for the wrong console. */

import { startConsole } from "./shell.js";

const hasTestClock = document.documentElement.dataset.stage === "local";
const routes = [
  ["/", () => import("./page-overview.js"), "Overview"],
  ["/users", () => import("./page-admin-users.js"), "Users"],
  ["/users/:id", () => import("./page-admin-user.js"), "User"],
  ["/loans", () => import("./page-admin-loans.js"), "Loans"],
  ["/loans/:id", () => import("./page-admin-loan.js"), "Loan"],
  ["/payments/transfers", () => import("./page-admin-transfers.js"), "Transfers"],
  ["/payments/lines", () => import("./page-bank-lines.js"), "Bank entries"],
  ["/payments/statements", () => import("./page-statements.js"), "Statements"],
  ["/payments/statements/:id", () => import("./page-statement.js"), "Statement"],
  ["/payments/payouts", () => import("./page-payouts.js"), "Payouts"],
  ["/payments/notifications", () => import("./page-notifications.js"), "Notifications"],
  ["/payments", () => import("./page-admin-transfers.js"), "Transfers"],
  ["/ledger", () => import("./page-ledger.js"), "Ledger"],
  ["/ledger/:account", () => import("./page-ledger-account.js"), "Account"],
  ["/jobs", () => import("./page-jobs.js"), "Jobs"],
  ["/reports", () => import("./page-reports.js"), "Reports"],
  ["/reports/:kind", () => import("./page-reports.js"), "Report"],
  ["/cache", () => import("./page-cache.js"), "Cache"],
  ["/audit", () => import("./page-audit.js"), "Audit trail"],
  ...(hasTestClock ? [["/clock", () => import("./page-test-clock.js"), "Test clock"]] : []),
  ["/messages", () => import("./page-failed-deliveries.js"), "Failed deliveries"],
  ["/messages/webhooks", () => import("./page-failed-deliveries.js"), "Failed deliveries"],
  ["/messages/suppressed", () => import("./page-suppressed-addresses.js"), "Suppressed addresses"],
  ["/notifications", () => import("./page-inbox.js"), "Notifications"],
  ["/notifications/preferences", () => import("./page-notification-preferences.js"), "Notification preferences"],
  ["/developers", () => import("./page-developers.js"), "Developers"],
  ["/developers/events", () => import("./page-event-types.js"), "Event types"],
  ["/developers/:id", () => import("./page-webhook-endpoint.js"), "Webhook endpoint"],
  ["/profile", () => import("./page-profile.js"), "Profile"],
];
const navigation = [
  ["/", "gauge", "Overview"],
  ["/users", "users", "Users"],
  ["/loans", "list-checks", "Loans"],
  ["/payments", "landmark", "Payments"],
  ["/messages", "mail", "Messages"],
  ["/ledger", "scale", "Ledger"],
  ["/jobs", "activity", "Jobs"],
  ["/reports", "file-text", "Reports"],
  ["/cache", "database", "Cache"],
  ["/audit", "scroll-text", "Audit"],
  ...(hasTestClock ? [["/clock", "calendar-clock", "Test clock"]] : []),
];
const signedOut = [[".*", () => import("./page-sign-in.js"), "Sign in"]];
const wrongConsole = [[".*", () => import("./page-wrong-console.js"), "Wrong console"]];

startConsole({
  name: "Operators",
  routesFor: (user) => (!user ? signedOut : user.role === "ADMIN" ? routes : wrongConsole),
  navFor: (user) => (user?.role === "ADMIN" ? navigation : []),
});
