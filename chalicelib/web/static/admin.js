/* The operators' panel: which pages there are. Only operators get in. */

import { start } from "./shell.js";

const routes = [
  ["/", () => import("./page-overview.js"), "Overview"],
  ["/users", () => import("./page-users.js"), "Users"],
  ["/users/:id", () => import("./page-user.js"), "User"],
  ["/loans", () => import("./page-loans.js"), "Loans"],
  ["/loans/:id", () => import("./page-loan-detail.js"), "Loan"],
  ["/ledger", () => import("./page-ledger.js"), "Ledger"],
  ["/ledger/:account", () => import("./page-account.js"), "Account"],
  ["/jobs", () => import("./page-jobs.js"), "Jobs"],
  ["/reports", () => import("./page-reports.js"), "Reports"],
  ["/reports/:kind", () => import("./page-reports.js"), "Report"],
  ["/cache", () => import("./page-cache.js"), "Cache"],
  ["/audit", () => import("./page-audit.js"), "Audit trail"],
  ["/profile", () => import("./page-profile.js"), "Profile"],
];
const navigation = [
  ["/", "gauge", "Overview"],
  ["/users", "users", "Users"],
  ["/loans", "list-checks", "Loans"],
  ["/ledger", "scale", "Ledger"],
  ["/jobs", "activity", "Jobs"],
  ["/reports", "file-text", "Reports"],
  ["/cache", "database", "Cache"],
  ["/audit", "scroll-text", "Audit"],
];
const visitor = [[".*", () => import("./page-sign-in.js"), "Sign in"]];
const elsewhere = [[".*", () => import("./page-wrong-console.js"), "Another console"]];

start({
  name: "Operators",
  routesFor: (user) => (!user ? visitor : user.role === "ADMIN" ? routes : elsewhere),
  navFor: (user) => (user?.role === "ADMIN" ? navigation : []),
});
